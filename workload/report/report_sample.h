/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report_sample.h - the event of a sample: what has become of the regions so far.
 */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H

#include <stddef.h>
#include <time.h>

struct pin_holding;
struct placement;

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

void report_sample(const struct sample *sample);

#endif /* REPORT_SAMPLE_H */
