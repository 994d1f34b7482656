/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wake.h - wait for signals and for points in time.
 */
#ifndef WAKE_H
#define WAKE_H

#include <signal.h>
#include <stdint.h>

struct options;

enum wake {
	WAKE_PRESSURE, /* the pressure is to be applied */
	WAKE_REQUEST, /* a report is asked for */
	WAKE_INTERVAL, /* a report is due */
	WAKE_UNPIN, /* the subject is to be unpinned */
	WAKE_STOP,
	WAKE_EXPIRED, /* max-seconds are over */
};

/* Points of CLOCK_MONOTONIC in ns. */
struct wake_times {
	sigset_t signals;
	int64_t pressure_at;
	int64_t report_at;
	int64_t report_interval;
	int64_t expire_at;
};

/* Blocks the signals that are waited for. */
void wake_block_signals(struct wake_times *wake_times);

/* Let the time begin to run: of the program, to the pressure, to the reports. */
void wake_begin(struct wake_times *wake_times, const struct options *options);
void wake_pressure(struct wake_times *wake_times,
		   const struct options *options);
void wake_reports(struct wake_times *wake_times, const struct options *options);

enum wake wake_next(struct wake_times *wake_times);

#endif /* WAKE_H */
