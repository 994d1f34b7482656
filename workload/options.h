/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <limits.h>

#define OPTION_UNSET ULONG_MAX

struct pin_method;

struct options {
	const struct pin_method *pin;
	unsigned long pages;
	unsigned long cpu;
	unsigned long writer_cpu;
	unsigned long scratch_pages;
	unsigned long writer_delay_ms; /* OPTION_UNSET: on SIGUSR1 only */
	unsigned long report_interval_ms; /* 0: on request only */
	unsigned long max_seconds;
};

/* Answers a status; --help and --version exit. */
int options_parse(struct options *options, int argc, char **argv);

#endif /* OPTIONS_H */
