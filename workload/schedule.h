/* SPDX-License-Identifier: GPL-2.0 */
/*
 * schedule.h - wait for signals and for points in time.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

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
struct schedule {
	sigset_t signals;
	int64_t pressure_at;
	int64_t report_at;
	int64_t report_interval;
	int64_t expire_at;
};

/* Blocks the signals that are waited for. */
void schedule_block_signals(struct schedule *schedule);

/* Let the time begin to run: of the program, to the pressure, to the reports. */
void schedule_begin(struct schedule *schedule, const struct options *options);
void schedule_pressure(struct schedule *schedule,
		       const struct options *options);
void schedule_reports(struct schedule *schedule, const struct options *options);

enum wake schedule_wait(struct schedule *schedule);

#endif /* SCHEDULE_H */
