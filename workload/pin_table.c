// SPDX-License-Identifier: GPL-2.0
/*
 * pin_table.c - the ways to pin by their names.
 */
#include <errno.h>
#include <sys/mman.h>

#include "page_pin.h"
#include "pin.h"
#include "pin_device.h"
#include "pin_table.h"
#include "region.h"

/* Locked pages stay in memory, and may move there. */
static int lock_memory(struct pin *pin)
{
	const struct region *region = pin->region;

	return mlock(region->start, region_bytes(region)) ? -errno : 0;
}

static int unlock_memory(struct pin *pin)
{
	const struct region *region = pin->region;

	return munlock(region->start, region_bytes(region)) ? -errno : 0;
}

static const struct pin_method none = {
	.name = "none",
};

static const struct pin_method by_driver = {
	.name = "driver",
	.device = PAGE_PIN_DEVICE,
	.pin_request = TEST_PIN,
	.unpin_request = TEST_UNPIN,
	.open = pin_device_open,
	.pin = pin_device_pin,
	.unpin = pin_device_unpin,
	.query = pin_device_query,
};

static const struct pin_method by_uacce = {
	.name = "uacce",
	.device = PAGE_PIN_UACCE_DEVICE,
	.pin_request = UACCE_PIN,
	.unpin_request = UACCE_CMD_UNPIN,
	.open = pin_device_open,
	.pin = pin_device_pin,
	.unpin = pin_device_unpin,
	.query = pin_device_query,
};

static const struct pin_method by_driver_read = {
	.name = "driver_read",
	.device = PAGE_PIN_DEVICE,
	.pin_request = PAGE_PIN_READ,
	.unpin_request = TEST_UNPIN,
	.open = pin_device_open,
	.pin = pin_device_pin,
	.unpin = pin_device_unpin,
	.query = pin_device_query,
};

static const struct pin_method by_mlock = {
	.name = "mlock",
	.pin = lock_memory,
	.unpin = unlock_memory,
};

const void *const pin_methods[] = {
	&none, &by_driver, &by_uacce, &by_driver_read, &by_mlock, NULL,
};
