// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - the pressure and the reports, until the end.
 */
#include "report/json.h"
#include "report/report_placement.h"
#include "report/report_sample.h"
#include "report/report_steps.h"
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

static int report_now(struct workload *w, const char *reason)
{
	struct timespec begin = json_now();
	struct pin_holding holding;
	unsigned int asked;
	int status = update_placements(w, &asked);

	if (status)
		return status;
	pin_compare(&w->pin, w->placements[SUBJECT].now, &holding);
	report_sample(&(struct sample){
		.begin = begin,
		.end = json_now(),
		.seq = ++w->reports,
		.reason = reason,
		.passes = writers_passes(&w->writers),
		.asked = asked,
		.placements = w->placements,
		.count = w->count,
		.holding = &holding,
	});
	return STATUS_PASS;
}

static int report_final(struct workload *w)
{
	int status = report_now(w, "final");
	size_t i;

	for (i = 0; !status && i < w->count; i++)
		report_placement("final", &w->placements[i],
				 w->placements[i].now);
	return status;
}

static void start_writers(struct workload *w)
{
	if (w->writers.started)
		return;
	/* Reported first: no write is earlier than the time of the event. */
	if (w->writers.count)
		report_write_start(&w->writers);
	writers_start(&w->writers);
	child_go(&w->child);
	schedule_reports(&w->schedule, &w->options);
}

static int apply_pressure(struct workload *w)
{
	start_writers(w);
	return migrate(w);
}

static int expire(struct workload *w)
{
	int status = report_error(STATUS_FAIL, 0, "max-seconds reached");

	report_final(w);
	return status;
}

static int react(struct workload *w, enum wake wake)
{
	switch (wake) {
	case WAKE_PRESSURE:
		return apply_pressure(w);
	case WAKE_REQUEST:
		return report_now(w, "request");
	case WAKE_INTERVAL:
		return report_now(w, "interval");
	case WAKE_UNPIN:
		return unpin_subject(w);
	case WAKE_STOP:
		return report_final(w);
	case WAKE_EXPIRED:
		return expire(w);
	}
	return STATUS_FAIL;
}

int watch(struct workload *w)
{
	int status = STATUS_PASS;
	enum wake wake = WAKE_PRESSURE;

	report_ready();
	schedule_pressure(&w->schedule, &w->options);
	while (!status && wake != WAKE_STOP && !json_broken()) {
		wake = schedule_wait(&w->schedule);
		status = react(w, wake);
	}
	return status;
}
