/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report_steps.h - the events of what the program does, step by step.
 */
#ifndef REPORT_STEPS_H
#define REPORT_STEPS_H

#include <sys/types.h>

struct region;
struct writers;

void report_touch(const struct region *region, long minor_faults);
/* error: 0 or a negative errno */
void report_fork(pid_t pid, int error);
void report_ready(void);
void report_write_start(const struct writers *writers);
void report_migrate_end(unsigned int round);
void report_end(int status);

#endif /* REPORT_STEPS_H */
