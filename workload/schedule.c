// SPDX-License-Identifier: GPL-2.0
/*
 * schedule.c - wait for signals and for points in time.
 */
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "options/options.h"
#include "schedule.h"

#define NEVER INT64_MAX
#define NS_PER_MS 1000000LL
#define NS_PER_SECOND 1000000000LL

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

void schedule_block_signals(struct schedule *schedule)
{
	sigemptyset(&schedule->signals);
	sigaddset(&schedule->signals, SIGUSR1);
	sigaddset(&schedule->signals, SIGUSR2);
	sigaddset(&schedule->signals, SIGHUP);
	sigaddset(&schedule->signals, SIGTERM);
	sigaddset(&schedule->signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &schedule->signals, NULL);
	/* A reader that is gone is an error of the next line, not the end. */
	signal(SIGPIPE, SIG_IGN);
}

void schedule_begin(struct schedule *schedule, const struct options *options)
{
	schedule->pressure_at = NEVER;
	schedule->report_at = NEVER;
	schedule->expire_at =
		now_ns() + (int64_t)options->max_seconds * NS_PER_SECOND;
}

void schedule_pressure(struct schedule *schedule, const struct options *options)
{
	if (options->writer_delay_ms != OPTION_UNSET)
		schedule->pressure_at =
			now_ns() +
			(int64_t)options->writer_delay_ms * NS_PER_MS;
}

void schedule_reports(struct schedule *schedule, const struct options *options)
{
	schedule->report_interval =
		(int64_t)options->report_interval_ms * NS_PER_MS;
	if (schedule->report_interval)
		schedule->report_at = now_ns() + schedule->report_interval;
}

/* Take what is due. Each is rearmed by the time now: none can pile up. */
static bool take_due(struct schedule *schedule, int64_t now, enum wake *wake)
{
	if (now >= schedule->expire_at) {
		*wake = WAKE_EXPIRED;
	} else if (now >= schedule->pressure_at) {
		schedule->pressure_at = NEVER;
		*wake = WAKE_PRESSURE;
	} else if (now >= schedule->report_at) {
		schedule->report_at = now + schedule->report_interval;
		*wake = WAKE_INTERVAL;
	} else {
		return false;
	}
	return true;
}

static int64_t next_point(const struct schedule *schedule)
{
	int64_t next = schedule->expire_at;

	if (schedule->pressure_at < next)
		next = schedule->pressure_at;
	if (schedule->report_at < next)
		next = schedule->report_at;
	return next;
}

/* Take a signal that is pending, or is within the time. */
static bool take_signal(const struct schedule *schedule, int64_t ns,
			enum wake *wake)
{
	struct timespec timeout = {
		.tv_sec = ns / NS_PER_SECOND,
		.tv_nsec = ns % NS_PER_SECOND,
	};

	switch (sigtimedwait(&schedule->signals, NULL, &timeout)) {
	case SIGUSR1:
		*wake = WAKE_PRESSURE;
		return true;
	case SIGUSR2:
		*wake = WAKE_REQUEST;
		return true;
	case SIGHUP:
		*wake = WAKE_UNPIN;
		return true;
	case SIGTERM:
	case SIGINT:
		*wake = WAKE_STOP;
		return true;
	default: /* the time is over, or the wait was interrupted */
		return false;
	}
}

/* Signals come first: reports that are always due must not keep them out. */
enum wake schedule_wait(struct schedule *schedule)
{
	enum wake wake;
	int64_t ns = 0;

	while (!take_signal(schedule, ns, &wake)) {
		int64_t now = now_ns();

		if (take_due(schedule, now, &wake))
			break;
		ns = next_point(schedule) - now;
	}
	return wake;
}
