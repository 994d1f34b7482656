// SPDX-License-Identifier: GPL-2.0
/*
 * report_pin.c - the events of pins.
 */
#include "pin.h"
#include "region.h"
#include "report/json.h"
#include "report/report_pin.h"

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

void report_unpin(const struct region *region, int error)
{
	json_event_begin("unpin");
	json_string("region", region->name);
	json_errno(-error);
	json_event_end();
}
