// SPDX-License-Identifier: GPL-2.0
/*
 * under_pressure.c - the pressure and the reports, until the end.
 */
#include "report/json.h"
#include "report/report_steps.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

static void start_writers(struct workload *w)
{
	if (w->writers.started)
		return;
	/* Reported first: no write is earlier than the time of the event. */
	if (w->writers.count)
		report_write_start(&w->writers);
	writers_start(&w->writers);
	child_go(&w->child);
	wake_reports(&w->wake_times, &w->options);
}

static int apply_pressure(struct workload *w)
{
	start_writers(w);
	return migrate(w);
}

/* What the pages did while they were pinned is told before they are not. */
static int unpin_under_pressure(struct workload *w)
{
	int status = report_page_by_page(w, "unpin");

	return status ? status : unpin_subject(w);
}

static int expire(struct workload *w)
{
	int status = report_error(STATUS_FAIL, 0, "max-seconds reached");

	report_page_by_page(w, "final");
	return status;
}

static int react(struct workload *w, enum wake wake)
{
	switch (wake) {
	case WAKE_PRESSURE:
		return apply_pressure(w);
	case WAKE_REQUEST:
		return report_sampled(w, "request");
	case WAKE_INTERVAL:
		return report_sampled(w, "interval");
	case WAKE_UNPIN:
		return unpin_under_pressure(w);
	case WAKE_STOP:
		return report_page_by_page(w, "final");
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
	wake_pressure(&w->wake_times, &w->options);
	while (!status && wake != WAKE_STOP && !json_broken()) {
		wake = wake_next(&w->wake_times);
		status = react(w, wake);
	}
	return status;
}
