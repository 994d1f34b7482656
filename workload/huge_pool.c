// SPDX-License-Identifier: GPL-2.0
/*
 * huge_pool.c - the pool of huge pages that hugetlb's are taken from.
 */
#include <errno.h>
#include <stdio.h>

#include "huge_pool.h"
#include "node_folder.h"
#include "page_kind.h"
#include "status.h"

#define POOL_FORMAT                                        \
	NODES_FOLDER "/node%d/hugepages/hugepages-2048kB/" \
		     "free_hugepages"

/* -1: the kernel or the node has no pool. */
static long free_in_pool(int node)
{
	char path[128];
	long pages;
	FILE *file;

	snprintf(path, sizeof(path), POOL_FORMAT, node);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%ld", &pages) != 1)
		pages = -1;
	fclose(file);
	return pages;
}

int huge_pool_check(const struct page_kind *kind, int node, size_t pages)
{
	size_t need = pages / page_kind_unit(kind);
	long free;

	if (!kind->pooled)
		return STATUS_PASS;
	free = free_in_pool(node);
	if (free < 0)
		return report_error(
			STATUS_SKIP, 0,
			"--page-kind=%s: node %d has no pool of huge "
			"pages of 2 MiB",
			kind->name, node);
	if ((size_t)free < need)
		return report_error(
			STATUS_FAIL, ENOMEM,
			"--page-kind=%s: %ld huge pages of 2 MiB are "
			"free in the pool of node %d; %zu are "
			"needed (nr_hugepages)",
			kind->name, free, node, need);
	return STATUS_PASS;
}
