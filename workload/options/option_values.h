/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_values.h - what the command line says.
 */
#ifndef OPTION_VALUES_H
#define OPTION_VALUES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "writer.h"

#define OPTION_UNSET ULONG_MAX
#define OPTION_DEFAULT_DIR "/tmp/pin/disk"

struct access_mode;
struct companion;
struct migrator;
struct page_kind;
struct pin_method;

struct options {
	const struct page_kind *kind;
	const struct pin_method *pin;
	const struct companion *companion;
	const struct migrator *migrator;
	const struct access_mode *access;
	const char *dir;
	bool touch_first;
	unsigned long pages;
	unsigned long cpu;
	unsigned long home_node; /* OPTION_UNSET: the CPU's */
	unsigned long target_node; /* OPTION_UNSET: the first writer's */
	unsigned long writer_cpus[WRITERS_MAX];
	size_t writers;
	unsigned long scratch_pages;
	unsigned long writer_delay_ms; /* OPTION_UNSET: on SIGUSR1 only */
	unsigned long report_interval_ms; /* 0: on request only */
	unsigned long max_seconds;
};

/* What holds where the command line says nothing. */
struct options options_default(void);

/* How many regions of --pages there are in this process, or its child. */
size_t options_regions(const struct options *options);

#endif /* OPTION_VALUES_H */
