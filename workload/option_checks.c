// SPDX-License-Identifier: GPL-2.0
/*
 * option_checks.c - the bounds of options, and those that several decide.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "companion.h"
#include "migrators/migrator.h"
#include "node_set.h"
#include "option_checks.h"
#include "options.h"
#include "page_kind.h"
#include "status.h"

#define SECONDS_MAX 86400UL
#define RESERVE_PERCENT 5

static unsigned long available_bytes(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib && kib < SIZE_MAX / 1024 ? kib * 1024 : SIZE_MAX;
}

static unsigned long available_pages(void)
{
	unsigned long bytes = available_bytes();

	/* The rest of the system, and what this program notes of each page. */
	bytes -= bytes / 100 * RESERVE_PERCENT;
	return bytes / sysconf(_SC_PAGESIZE);
}

/* Of all memory: what is in the pool of hugetlb is not available memory. */
unsigned long option_max_pages(void)
{
	return sysconf(_SC_PHYS_PAGES) / 2;
}

unsigned long option_max_scratch(void)
{
	return available_pages();
}

unsigned long option_max_cpu(void)
{
	unsigned long cpus = sysconf(_SC_NPROCESSORS_CONF);

	return (cpus < CPU_SETSIZE ? cpus : CPU_SETSIZE) - 1;
}

unsigned long option_max_node(void)
{
	return NODES_MAX - 1;
}

unsigned long option_max_ms(void)
{
	return SECONDS_MAX * 1000;
}

unsigned long option_max_seconds(void)
{
	return SECONDS_MAX;
}

int option_check_required(const struct options *options)
{
	const struct migrator *migrator = options->migrator;

	if (options->pages == OPTION_UNSET)
		return options_refuse("--pages: must be given; see --help");
	if (options->cpu == OPTION_UNSET)
		return options_refuse("--cpu: must be given; see --help");
	if (!options->writers && migrator->needs_writer)
		return options_refuse("--writer-cpus: must be given with "
				      "--migrator=%s",
				      migrator->name);
	if (!options->writers && migrator->needs_target &&
	    options->target_node == OPTION_UNSET)
		return options_refuse("--target-node: must be given with "
				      "--migrator=%s, or --writer-cpus",
				      migrator->name);
	return STATUS_PASS;
}

static int check_whole_units(const struct options *options)
{
	size_t unit = page_kind_unit(options->kind);

	if (options->pages % unit)
		return options_refuse(
			"--pages=%lu: allowed with --page-kind=%s: "
			"multiples of %zu",
			options->pages, options->kind->name, unit);
	return STATUS_PASS;
}

static int check_memory(const struct options *options)
{
	size_t regions = options->kind->pooled ? 0 : options_regions(options);
	unsigned long left = available_pages();

	if (regions && options->pages > left / regions)
		return options_refuse("--pages=%lu: allowed for %zu regions: "
				      "1 to %lu",
				      options->pages, regions, left / regions);
	left -= regions * options->pages;
	if (options->scratch_pages > left)
		return options_refuse("--scratch-pages=%lu: allowed: 0 to %lu",
				      options->scratch_pages, left);
	return STATUS_PASS;
}

static int check_child(const struct options *options)
{
	if (options->companion->forked && !options->migrator->takes_child)
		return options_refuse("--companion=%s: allowed with "
				      "--migrator=balancing and move_pages, "
				      "not %s",
				      options->companion->name,
				      options->migrator->name);
	return STATUS_PASS;
}

int option_check_together(const struct options *options)
{
	int status = check_whole_units(options);

	if (!status)
		status = check_memory(options);
	if (!status)
		status = check_child(options);
	return status;
}
