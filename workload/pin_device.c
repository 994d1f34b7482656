// SPDX-License-Identifier: GPL-2.0
/*
 * pin_device.c - pin a region by the driver's device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "page_pin.h"
#include "pin.h"
#include "pin_device.h"
#include "region.h"
#include "report/report_pin.h"
#include "status.h"

static int request(struct pin *pin, unsigned long number, void *arg)
{
	return ioctl(pin->device, number, arg) ? -errno : 0;
}

static int check_version(struct pin *pin)
{
	struct page_pin_version version = { 0 };
	int error = request(pin, PAGE_PIN_VERSION, &version);

	if (error)
		return report_error(STATUS_FAIL, -error, "%s: PAGE_PIN_VERSION",
				    pin->method->device);
	version.driver[sizeof(version.driver) - 1] = '\0';
	report_driver(version.abi, version.driver);
	if (version.abi != PAGE_PIN_ABI)
		return report_error(STATUS_FAIL, 0, "%s: ABI %u, not %d",
				    pin->method->device, version.abi,
				    PAGE_PIN_ABI);
	return STATUS_PASS;
}

static bool is_missing(int error)
{
	return error == ENOENT || error == ENODEV || error == ENXIO;
}

int pin_device_open(struct pin *pin)
{
	const char *path = pin->method->device;

	pin->device = open(path, O_RDWR | O_CLOEXEC);
	if (pin->device < 0)
		return report_error(is_missing(errno) ? STATUS_SKIP :
							STATUS_FAIL,
				    errno, "open %s", path);
	return check_version(pin);
}

static struct page_pin_range pin_range(const struct pin *pin)
{
	return (struct page_pin_range){
		.addr = (uintptr_t)pin->region->start,
		.size = region_bytes(pin->region),
	};
}

int pin_device_pin(struct pin *pin)
{
	struct page_pin_range range = pin_range(pin);

	return request(pin, pin->method->pin_request, &range);
}

int pin_device_unpin(struct pin *pin)
{
	struct page_pin_range range = pin_range(pin);

	return request(pin, pin->method->unpin_request, &range);
}

int pin_device_query(struct pin *pin, size_t *pages)
{
	struct page_pin_query query = {
		.addr = (uintptr_t)pin->region->start,
		.size = region_bytes(pin->region),
		.pages = (uintptr_t)pin->held,
		.capacity = pin->held_capacity,
	};
	int error = request(pin, PAGE_PIN_QUERY, &query);

	*pages = query.nr_pages;
	return error;
}
