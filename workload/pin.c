// SPDX-License-Identifier: GPL-2.0
/*
 * pin.c - pin a region by one of several methods.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "own_memory.h"
#include "page_pin.h"
#include "pin.h"
#include "page_place.h"
#include "status.h"

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

size_t pin_pages_told(const struct pin *pin, const struct pin_holding *holding)
{
	if (holding->pages > pin->held_capacity)
		return pin->held_capacity;
	return holding->pages;
}

static size_t count_differing(const struct pin *pin,
			      const struct page_place *mapped, size_t pages)
{
	size_t differs = 0;
	size_t i;

	for (i = 0; i < pages; i++)
		if (place_answered(&mapped[i]) &&
		    (mapped[i].pfn != pin->held[i].pfn ||
		     mapped[i].node != pin->held[i].node))
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
		holding->differs = count_differing(
			pin, mapped, pin_pages_told(pin, holding));
}

void pin_close(struct pin *pin)
{
	own_memory_free(pin->held);
	if (pin->method && pin->device >= 0)
		close(pin->device);
	*pin = (struct pin){ 0 };
}
