// SPDX-License-Identifier: GPL-2.0
/*
 * unpin.c - unpin what is pinned.
 */
#include "report/report_pin.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

/* A pin that holds nothing is left alone. */
static int unpin(struct pin *pin)
{
	int error;

	if (!pin->pinned)
		return STATUS_PASS;
	error = pin_release(pin);
	report_unpin(pin->region, error);
	if (error)
		return report_error(STATUS_FAIL, -error, "unpin the %s region",
				    pin->region->name);
	return STATUS_PASS;
}

int unpin_subject(struct workload *w)
{
	return unpin(&w->pin);
}

int unpin_released(struct workload *w)
{
	return unpin(&w->released_pin);
}
