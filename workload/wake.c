// SPDX-License-Identifier: GPL-2.0
/*
 * wake.c - wait for signals and for points in time.
 */
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "options/option_values.h"
#include "wake.h"

#define NEVER INT64_MAX
#define NS_PER_MS 1000000LL
#define NS_PER_SECOND 1000000000LL

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

void wake_block_signals(struct wake_times *wake_times)
{
	sigemptyset(&wake_times->signals);
	sigaddset(&wake_times->signals, SIGUSR1);
	sigaddset(&wake_times->signals, SIGUSR2);
	sigaddset(&wake_times->signals, SIGHUP);
	sigaddset(&wake_times->signals, SIGTERM);
	sigaddset(&wake_times->signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &wake_times->signals, NULL);
	/* A reader that is gone is an error of the next line, not the end. */
	signal(SIGPIPE, SIG_IGN);
}

void wake_begin(struct wake_times *wake_times, const struct options *options)
{
	wake_times->pressure_at = NEVER;
	wake_times->report_at = NEVER;
	wake_times->expire_at =
		now_ns() + (int64_t)options->max_seconds * NS_PER_SECOND;
}

void wake_pressure(struct wake_times *wake_times, const struct options *options)
{
	if (options->writer_delay_ms != OPTION_UNSET)
		wake_times->pressure_at =
			now_ns() +
			(int64_t)options->writer_delay_ms * NS_PER_MS;
}

void wake_reports(struct wake_times *wake_times, const struct options *options)
{
	wake_times->report_interval =
		(int64_t)options->report_interval_ms * NS_PER_MS;
	if (wake_times->report_interval)
		wake_times->report_at = now_ns() + wake_times->report_interval;
}

/* Take what is due. Each is rearmed by the time now: none can pile up. */
static bool take_due(struct wake_times *wake_times, int64_t now,
		     enum wake *wake)
{
	if (now >= wake_times->expire_at) {
		*wake = WAKE_EXPIRED;
	} else if (now >= wake_times->pressure_at) {
		wake_times->pressure_at = NEVER;
		*wake = WAKE_PRESSURE;
	} else if (now >= wake_times->report_at) {
		wake_times->report_at = now + wake_times->report_interval;
		*wake = WAKE_INTERVAL;
	} else {
		return false;
	}
	return true;
}

static int64_t next_point(const struct wake_times *wake_times)
{
	int64_t next = wake_times->expire_at;

	if (wake_times->pressure_at < next)
		next = wake_times->pressure_at;
	if (wake_times->report_at < next)
		next = wake_times->report_at;
	return next;
}

/* Take a signal that is pending, or is within the time. */
static bool take_signal(const struct wake_times *wake_times, int64_t ns,
			enum wake *wake)
{
	struct timespec timeout = {
		.tv_sec = ns / NS_PER_SECOND,
		.tv_nsec = ns % NS_PER_SECOND,
	};

	switch (sigtimedwait(&wake_times->signals, NULL, &timeout)) {
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
enum wake wake_next(struct wake_times *wake_times)
{
	enum wake wake;
	int64_t ns = 0;

	while (!take_signal(wake_times, ns, &wake)) {
		int64_t now = now_ns();

		if (take_due(wake_times, now, &wake))
			break;
		ns = next_point(wake_times) - now;
	}
	return wake;
}
