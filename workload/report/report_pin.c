// SPDX-License-Identifier: GPL-2.0
/*
 * report_pin.c - the events of pins.
 */
#include "page_pin.h"
#include "page_place.h"
#include "pin.h"
#include "region.h"
#include "report/json.h"
#include "report/report_pin.h"
#include "report/report_placement.h"

void report_driver(unsigned int abi, const char *version)
{
	json_event_begin("driver");
	json_number("abi", abi);
	json_string("version", version);
	json_event_end();
}

void report_pin(const struct pin *pin, int error, long minor_faults)
{
	json_event_begin("pin");
	json_string("region", pin->region->name);
	json_string("method", pin->method->name);
	json_string("device", pin->method->device ?: "");
	json_errno(-error);
	json_number("minor_faults", minor_faults);
	json_event_end();
}

static struct page_place held_place(const void *held, size_t page)
{
	const struct page_pin_page *pages = held;

	return (struct page_place){
		.pfn = pages[page].pfn,
		.node = pages[page].node,
	};
}

void report_held(const char *when, const struct pin *pin,
		 const struct pin_holding *holding)
{
	size_t told = 0;

	if (!holding->applies)
		return;
	if (!holding->error)
		told = pin_pages_told(pin, holding);
	json_event_begin("held");
	json_string("when", when);
	json_string("region", pin->region->name);
	json_errno(-holding->error);
	json_number("pages", holding->error ? 0 : holding->pages);
	report_put_runs(pin->held, told, held_place);
	json_event_end();
}

void report_unpin(const struct region *region, int error)
{
	json_event_begin("unpin");
	json_string("region", region->name);
	json_errno(-error);
	json_event_end();
}
