// SPDX-License-Identifier: GPL-2.0
/*
 * fault_in.c - how the pages of the regions come to be there.
 *
 * A pin faults untouched pages in itself. If they are touched first, a pin may
 * move them: then it is told where they were before.
 */
#include "companion.h"
#include "faults.h"
#include "ksm.h"
#include "page_kind.h"
#include "pin.h"
#include "report/report_pin.h"
#include "report/report_placement.h"
#include "report/report_steps.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

static void touch(const struct region *region,
		  void (*each_page)(const struct region *region))
{
	long faults = faults_minor();

	each_page(region);
	report_touch(region, faults_minor() - faults);
}

/* Where KSM has merged the pages, they were touched for that. */
static int touch_first(struct placement *placement)
{
	const struct region *region = placement->region;
	int status;

	if (!region->kind->merged)
		touch(region,
		      region->kind->read_first ? region_read : region_touch);
	status = placement_read_before(placement);
	if (!status)
		report_placement("before_pin", placement, placement->now);
	return status;
}

static int pin_pages(struct pin *pin)
{
	long faults = faults_minor();
	int error = pin_region(pin);

	report_pin(pin, error, faults_minor() - faults);
	if (error)
		return report_error(STATUS_FAIL, -error, "pin the %s region",
				    pin->region->name);
	return STATUS_PASS;
}

static int fault_in(const struct options *options, struct placement *placement,
		    struct pin *pin)
{
	int status = STATUS_PASS;

	if (options->touch_first)
		status = touch_first(placement);
	if (status)
		return status;
	if (pin_pins(options->pin))
		return pin_pages(pin);
	if (!options->touch_first || page_kind_borrows(options->kind))
		touch(placement->region, region_touch);
	return STATUS_PASS;
}

/* So that only the regions fault while faults are counted. */
int fault_in_self(struct workload *w)
{
	(void)w;
	return faults_take_own();
}

/* All regions at once, the control too: afterwards KSM is at rest again. */
int fault_in_merged(struct workload *w)
{
	const struct migration *migration = &w->migration;
	size_t i;

	if (!w->options.kind->merged)
		return STATUS_PASS;
	for (i = 0; i < migration->count; i++)
		if (i == CONTROL)
			region_touch(migration->regions[i]);
		else
			touch(migration->regions[i], region_touch);
	return ksm_merge(w->placements, migration->count);
}

int fault_in_subject(struct workload *w)
{
	return fault_in(&w->options, &w->placements[SUBJECT], &w->pin);
}

int fault_in_released(struct workload *w)
{
	if (!w->options.companion->released)
		return STATUS_PASS;
	return fault_in(&w->options, &w->placements[COMPANION],
			&w->released_pin);
}

int fault_in_control(struct workload *w)
{
	const struct region *control = &w->regions[CONTROL];

	if (control->kind->read_first)
		region_read(control);
	region_touch(control);
	return STATUS_PASS;
}

int fault_in_scratch(struct workload *w)
{
	region_touch(&w->scratch);
	return STATUS_PASS;
}
