// SPDX-License-Identifier: GPL-2.0
/*
 * page_kind_table.c - the kinds of pages that a region can be made of, and how
 * each is mapped.
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
#include "page_kind.h"
#include "page_kind_table.h"
#include "region.h"

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

/*
 * Without readahead the page cache has base pages, and no large folios (ext4
 * has them since 6.16): of those move_pages() answers EBUSY for all pages but
 * one, though all are moved.
 */
static int map_cached_pages(const struct region *region, int flags, int file)
{
	return map_base_pages(region, flags, file) ?:
		       region_advise(region, MADV_RANDOM);
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
		return map_file(region, file, map_cached_pages);
	close(file);
	return error;
}

static const struct page_kind anon = {
	.name = "anon",
	.map = map_anon,
};

static const struct page_kind thp = {
	.name = "thp",
	.huge = true,
	.map = map_thp,
};

static const struct page_kind hugetlb = {
	.name = "hugetlb",
	.huge = true,
	.pooled = true,
	.map = map_hugetlb,
};

static const struct page_kind shmem = {
	.name = "shmem",
	.shared = true,
	.map = map_shmem,
};

static const struct page_kind hugetlb_memfd = {
	.name = "hugetlb_memfd",
	.huge = true,
	.pooled = true,
	.shared = true,
	.map = map_hugetlb_memfd,
};

static const struct page_kind file = {
	.name = "file",
	.shared = true,
	.in_dir = true,
	.map = map_disk_file,
};

/* Read, it maps the zero page, until it is written. */
static const struct page_kind zero = {
	.name = "zero",
	.read_first = true,
	.map = map_anon,
};

/* Merged, they share frames, until they are written. */
static const struct page_kind ksm = {
	.name = "ksm",
	.merged = true,
	.map = map_ksm,
};

const void *const page_kinds[] = {
	&anon, &thp, &hugetlb, &shmem, &hugetlb_memfd, &file, &zero, &ksm, NULL,
};
