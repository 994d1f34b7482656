// SPDX-License-Identifier: GPL-2.0
/*
 * page_kind.c - the kinds of pages that a region can be made of.
 *
 * What the kernel must be told for the whole system, the mode of transparent
 * huge pages and the size of hugetlb's pools, is for whoever starts the program.
 * Only that KSM runs, for as long as it takes, is done here (ksm.c).
 */
#include <asm-generic/hugetlb_encode.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "huge_pages.h"
#include "node_folder.h"
#include "page_kind.h"
#include "region.h"
#include "status.h"
#include "table.h"

#define HUGE_BYTES (2UL << 20)
#define POOL_FORMAT                                        \
	NODES_FOLDER "/node%d/hugepages/hugepages-2048kB/" \
		     "free_hugepages"

static int map_over(const struct region *region, int flags, int file)
{
	if (mmap(region->start, region_bytes(region), PROT_READ | PROT_WRITE,
		 MAP_FIXED | flags, file, 0) == MAP_FAILED)
		return -errno;
	return 0;
}

static int map_base_pages(const struct region *region, int flags, int file)
{
	return map_over(region, flags, file) ?:
		       huge_pages_forbid(region->start, region_bytes(region));
}

static int map_file(const struct region *region, int file,
		    int (*map)(const struct region *region, int flags,
			       int file))
{
	int error;

	if (ftruncate(file, region_bytes(region)))
		error = -errno;
	else
		error = map(region, MAP_SHARED, file);
	close(file); /* the mapping keeps it */
	return error;
}

static int map_anon(const struct region *region, const char *dir)
{
	(void)dir;
	return map_base_pages(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* Its pages can be merged with others of equal content. */
static int map_ksm(const struct region *region, const char *dir)
{
	int error = map_anon(region, dir);

	return error ?: region_advise(region, MADV_MERGEABLE);
}

static int map_thp(const struct region *region, const char *dir)
{
	int error = map_over(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	(void)dir;
	return error ?: region_advise(region, MADV_HUGEPAGE);
}

static int map_hugetlb(const struct region *region, const char *dir)
{
	(void)dir;
	return map_over(region,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
				HUGETLB_FLAG_ENCODE_2MB,
			-1);
}

static int map_shmem(const struct region *region, const char *dir)
{
	(void)dir;
	return map_base_pages(region, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static int map_hugetlb_memfd(const struct region *region, const char *dir)
{
	int file = memfd_create(region->name,
				MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);

	(void)dir;
	return file < 0 ? -errno : map_file(region, file, map_over);
}

/* Its blocks are taken now: a full disk is an error here, not a SIGBUS later. */
static int allocate_blocks(const struct region *region, int file)
{
	if (!fallocate(file, 0, 0, region_bytes(region)) || errno == EOPNOTSUPP)
		return 0;
	return -errno;
}

static int map_disk_file(const struct region *region, const char *dir)
{
	char path[4096];
	int error, file;

	if (snprintf(path, sizeof(path), "%s/pin_workload.XXXXXX", dir) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0)
		return -errno;
	unlink(path);
	error = allocate_blocks(region, file);
	if (!error)
		return map_file(region, file, map_base_pages);
	close(file);
	return error;
}

static const struct page_kind kinds[] = {
	{
		.name = "anon",
		.map = map_anon,
	},
	{
		.name = "thp",
		.huge = true,
		.map = map_thp,
	},
	{
		.name = "hugetlb",
		.huge = true,
		.pooled = true,
		.map = map_hugetlb,
	},
	{
		.name = "shmem",
		.shared = true,
		.map = map_shmem,
	},
	{
		.name = "hugetlb_memfd",
		.huge = true,
		.pooled = true,
		.shared = true,
		.map = map_hugetlb_memfd,
	},
	{
		.name = "file",
		.shared = true,
		.map = map_disk_file,
	},
	{
		/* Read, it maps the zero page, until it is written. */
		.name = "zero",
		.read_first = true,
		.map = map_anon,
	},
	{
		/* Merged, they share frames, until they are written. */
		.name = "ksm",
		.merged = true,
		.map = map_ksm,
	},
};

const struct page_kind *page_kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

const char *page_kind_names(void)
{
	static char names[128];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		table_add_name(names, sizeof(names), kinds[i].name);
	return names;
}

size_t page_kind_align(const struct page_kind *kind)
{
	return kind->huge ? HUGE_BYTES : (size_t)sysconf(_SC_PAGESIZE);
}

size_t page_kind_unit(const struct page_kind *kind)
{
	return page_kind_align(kind) / sysconf(_SC_PAGESIZE);
}

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

int page_kind_check_pool(const struct page_kind *kind, int node, size_t pages)
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

int page_kind_map(const struct region *region, const char *dir)
{
	const struct page_kind *kind = region->kind;
	int error = kind->map(region, dir);

	if (!error)
		return STATUS_PASS;
	/* EINVAL: the kernel is built without huge pages. */
	return report_error(
		kind->huge && error == -EINVAL ? STATUS_SKIP : STATUS_FAIL,
		-error, "map the %s region of %s pages%s%s", region->name,
		kind->name, kind->map == map_disk_file ? " in " : "",
		kind->map == map_disk_file ? dir : "");
}
