// SPDX-License-Identifier: GPL-2.0
/*
 * pin.c - pin a region by one of several methods.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "own_memory.h"
#include "page_pin.h"
#include "pin.h"
#include "place_reader.h"
#include "region.h"
#include "report.h"
#include "status.h"
#include "table.h"

static int device_request(struct pin *pin, unsigned long request, void *arg)
{
	return ioctl(pin->device, request, arg) ? -errno : 0;
}

static int device_check_version(struct pin *pin)
{
	struct page_pin_version version = { 0 };
	int error = device_request(pin, PAGE_PIN_VERSION, &version);

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

static int device_open(struct pin *pin)
{
	const char *path = pin->method->device;

	pin->device = open(path, O_RDWR | O_CLOEXEC);
	if (pin->device < 0)
		return report_error(is_missing(errno) ? STATUS_SKIP :
							STATUS_FAIL,
				    errno, "open %s", path);
	return device_check_version(pin);
}

static struct page_pin_range pin_range(const struct pin *pin)
{
	return (struct page_pin_range){
		.addr = (uintptr_t)pin->region->start,
		.size = region_bytes(pin->region),
	};
}

static int device_pin(struct pin *pin)
{
	struct page_pin_range range = pin_range(pin);

	return device_request(pin, pin->method->pin_request, &range);
}

static int device_unpin(struct pin *pin)
{
	struct page_pin_range range = pin_range(pin);

	return device_request(pin, pin->method->unpin_request, &range);
}

static int device_query(struct pin *pin, size_t *pages)
{
	struct page_pin_query query = {
		.addr = (uintptr_t)pin->region->start,
		.size = region_bytes(pin->region),
		.pages = (uintptr_t)pin->held,
		.capacity = pin->held_capacity,
	};
	int error = device_request(pin, PAGE_PIN_QUERY, &query);

	*pages = query.nr_pages;
	return error;
}

/* Locked pages stay in memory, and may move there. */
static int memory_lock(struct pin *pin)
{
	const struct region *region = pin->region;

	return mlock(region->start, region_bytes(region)) ? -errno : 0;
}

static int memory_unlock(struct pin *pin)
{
	const struct region *region = pin->region;

	return munlock(region->start, region_bytes(region)) ? -errno : 0;
}

static const struct pin_method methods[] = {
	{
		.name = "none",
	},
	{
		.name = "driver",
		.device = PAGE_PIN_DEVICE,
		.pin_request = TEST_PIN,
		.unpin_request = TEST_UNPIN,
		.open = device_open,
		.pin = device_pin,
		.unpin = device_unpin,
		.query = device_query,
	},
	{
		.name = "uacce",
		.device = PAGE_PIN_UACCE_DEVICE,
		.pin_request = UACCE_PIN,
		.unpin_request = UACCE_CMD_UNPIN,
		.open = device_open,
		.pin = device_pin,
		.unpin = device_unpin,
		.query = device_query,
	},
	{
		.name = "driver_read",
		.device = PAGE_PIN_DEVICE,
		.pin_request = PAGE_PIN_READ,
		.unpin_request = TEST_UNPIN,
		.open = device_open,
		.pin = device_pin,
		.unpin = device_unpin,
		.query = device_query,
	},
	{
		.name = "mlock",
		.pin = memory_lock,
		.unpin = memory_unlock,
	},
};

const struct pin_method *pin_method_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

const char *pin_method_names(void)
{
	static char names[64];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(methods); i++)
		table_add_name(names, sizeof(names), methods[i].name);
	return names;
}

int pin_prepare(struct pin *pin, const struct pin_method *method,
		const struct region *region, size_t pages)
{
	*pin = (struct pin){
		.method = method,
		.region = region,
		.held_capacity = pages,
		.device = -1,
	};
	if (!method->query)
		return STATUS_PASS;
	pin->held = own_memory_alloc(pages, sizeof(*pin->held));
	if (!pin->held)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
}

int pin_open(struct pin *pin)
{
	return pin->method->open ? pin->method->open(pin) : STATUS_PASS;
}

int pin_open_as(struct pin *pin, const struct pin *opened)
{
	if (opened->device < 0)
		return STATUS_PASS;
	pin->device = fcntl(opened->device, F_DUPFD_CLOEXEC, 0);
	if (pin->device < 0)
		return report_error(STATUS_FAIL, errno, "dup");
	return STATUS_PASS;
}

int pin_region(struct pin *pin)
{
	int error = pin->method->pin(pin);

	pin->pinned = !error;
	return error;
}

int pin_release(struct pin *pin)
{
	pin->pinned = false;
	return pin->method->unpin(pin);
}

static size_t count_differing(const struct pin *pin,
			      const struct page_place *mapped, size_t pages)
{
	size_t differs = 0;
	size_t i;

	for (i = 0; i < pages && i < pin->held_capacity; i++)
		if (place_answered(&mapped[i]) &&
		    mapped[i].pfn != pin->held[i].pfn)
			differs++;
	return differs;
}

void pin_compare(struct pin *pin, const struct page_place *mapped,
		 struct pin_holding *holding)
{
	*holding = (struct pin_holding){
		.applies = pin->pinned && pin->method->query,
	};
	if (!holding->applies)
		return;
	holding->error = pin->method->query(pin, &holding->pages);
	if (!holding->error)
		holding->differs = count_differing(pin, mapped, holding->pages);
}

void pin_close(struct pin *pin)
{
	own_memory_free(pin->held);
	if (pin->method && pin->device >= 0)
		close(pin->device);
	*pin = (struct pin){ 0 };
}
