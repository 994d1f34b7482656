/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - the events that this program prints, one function for each.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct options;
struct page_place;
struct pin_holding;
struct pin_method;
struct placement;
struct region;

struct sample {
	struct timespec begin; /* no place was read before */
	struct timespec end; /* nor after; the same for what is held */
	unsigned int seq;
	const char *reason;
	unsigned long passes;
	unsigned int asked;
	const struct placement *subject;
	const struct placement *control;
	const struct pin_holding *holding; /* of the subject */
};

void report_begin(const struct options *options, int cpu_node, int writer_node);
void report_driver(unsigned int abi, const char *version);
/* error: 0 or a negative errno */
void report_pin(const struct pin_method *method, int error, long minor_faults);
void report_touch(long minor_faults);
void report_placement(const char *when, const struct region *region,
		      const struct page_place *places);
void report_ready(void);
void report_write_start(pid_t writer_tid);
void report_sample(const struct sample *sample);
void report_unpin(int error);
void report_end(int status);

#endif /* REPORT_H */
