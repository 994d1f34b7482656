// SPDX-License-Identifier: GPL-2.0
/*
 * smaps.c - how a region's pages are mapped, by /proc/PID/smaps.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "region.h"
#include "smaps.h"
#include "array_size.h"

/* Each kind of page has a line of its own, and counts in one of them only. */
static const char *const huge_lines[] = {
	"AnonHugePages:",  "ShmemPmdMapped:",  "FilePmdMapped:",
	"Shared_Hugetlb:", "Private_Hugetlb:",
};

static long huge_kib(const char *line)
{
	size_t i;
	long kib;

	for (i = 0; i < ARRAY_SIZE(huge_lines); i++)
		if (!strncmp(line, huge_lines[i], strlen(huge_lines[i])) &&
		    sscanf(line, "%*s %ld", &kib) == 1)
			return kib;
	return 0;
}

/* A mapping is a line with its addresses, then a line for each count. */
static long sum_huge_kib(FILE *file, const struct region *region)
{
	uintptr_t start = (uintptr_t)region->start;
	uintptr_t end = start + region_bytes(region);
	unsigned long first, past;
	bool inside = false;
	char line[512];
	long kib = 0;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &first, &past) == 2)
			inside = first >= start && past <= end;
		else if (inside)
			kib += huge_kib(line);
	}
	return kib;
}

long smaps_huge_pages(const struct region *region)
{
	char path[64];
	FILE *file;
	long kib;

	snprintf(path, sizeof(path), "/proc/%d/smaps", region->pid ?: getpid());
	file = fopen(path, "re");
	if (!file)
		return -1;
	kib = sum_huge_kib(file, region);
	fclose(file);
	return kib * 1024 / (long)region->page_size;
}
