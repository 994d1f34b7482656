/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - the events that this program prints, one function for each.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "frame_nodes.h"
#include "options/options.h"
#include "pin.h"
#include "placement.h"
#include "region.h"

/* The nodes that the options' CPUs are on, and the pages are to be on. */
struct node_roles {
	int cpu;
	int home;
	int target; /* -1: none */
	int writer; /* -1: no writer */
};

struct sample {
	struct timespec begin; /* no place was read before */
	struct timespec end; /* nor after; the same for what is held */
	unsigned int seq;
	const char *reason;
	unsigned long passes;
	unsigned int asked;
	const struct placement *placements; /* subject first */
	size_t count;
	const struct pin_holding *holding; /* of the subject */
};

void report_begin(const struct options *options,
		  const struct node_roles *nodes);
void report_driver(unsigned int abi, const char *version);
/* error: 0 or a negative errno */
void report_pin(const struct pin *pin, int error, long minor_faults);
void report_touch(const struct region *region, long minor_faults);
void report_fork(pid_t pid, int error);
void report_placement(const char *when, const struct placement *placement,
		      const struct page_place *places);
void report_ready(void);
void report_write_start(const struct writers *writers);
void report_migrate_end(unsigned int round);
void report_sample(const struct sample *sample);
void report_unpin(const struct region *region, int error);
void report_end(int status);

#endif /* REPORT_H */
