// SPDX-License-Identifier: GPL-2.0
/*
 * write_sample.c - where the pages are now: counts of them, or page by page.
 */
#include "pin.h"
#include "placement.h"
#include "report/json.h"
#include "report/report_pin.h"
#include "report/report_placement.h"
#include "report/report_sample.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

static int update_placements(struct workload *w, unsigned int *asked)
{
	unsigned int asked_one;
	int status = STATUS_PASS;
	size_t i;

	*asked = 0;
	for (i = 0; !status && i < w->count; i++) {
		status = placement_update(&w->placements[i], &asked_one);
		if (asked_one > *asked)
			*asked = asked_one;
	}
	return status;
}

static int report(struct workload *w, const char *reason,
		  struct pin_holding *holding)
{
	struct timespec begin = json_now();
	unsigned int asked;
	int status = update_placements(w, &asked);

	if (status)
		return status;
	pin_compare(&w->pin, w->placements[SUBJECT].now, holding);
	report_sample(&(struct sample){
		.begin = begin,
		.end = json_now(),
		.seq = ++w->reports,
		.reason = reason,
		.passes = writers_passes(&w->writers),
		.asked = asked,
		.placements = w->placements,
		.count = w->count,
		.holding = holding,
	});
	return STATUS_PASS;
}

int report_sampled(struct workload *w, const char *reason)
{
	struct pin_holding holding;

	return report(w, reason, &holding);
}

int report_page_by_page(struct workload *w, const char *reason)
{
	struct pin_holding holding;
	int status = report(w, reason, &holding);
	size_t i;

	if (status)
		return status;
	for (i = 0; i < w->count; i++)
		report_placement(reason, &w->placements[i],
				 w->placements[i].now);
	report_held(reason, &w->pin, &holding);
	return STATUS_PASS;
}
