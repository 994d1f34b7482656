// SPDX-License-Identifier: GPL-2.0
/*
 * option_bounds.c - the most that an option may be, whatever the others are.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "node_set.h"
#include "options/option_bounds.h"

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

unsigned long option_available_pages(void)
{
	unsigned long bytes = available_bytes();

	/* The rest of the system, and what this program notes of each page. */
	bytes -= bytes / 100 * RESERVE_PERCENT;
	return bytes / sysconf(_SC_PAGESIZE);
}

unsigned long option_max_scratch(void)
{
	return option_available_pages();
}

/* Of all memory: what is in the pool of hugetlb is not available memory. */
unsigned long option_max_pages(void)
{
	return sysconf(_SC_PHYS_PAGES) / 2;
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
