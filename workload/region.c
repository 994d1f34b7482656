// SPDX-License-Identifier: GPL-2.0
/*
 * region.c - map, fault in and unmap a range of anonymous memory.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region.h"
#include "status.h"

/*
 * The region and a page that can't be accessed at each end: with those the
 * kernel merges the VMAs of no two regions, and treats each by itself.
 */
static size_t guarded_bytes(const struct region *region)
{
	return region_bytes(region) + 2 * region->page_size;
}

static int open_region(const struct region *region)
{
	if (mprotect(region->start, region_bytes(region),
		     PROT_READ | PROT_WRITE))
		return -errno;
	/* EINVAL: a kernel without huge pages, which is as good. */
	if (madvise(region->start, region_bytes(region), MADV_NOHUGEPAGE) &&
	    errno != EINVAL)
		return -errno;
	return 0;
}

int region_map(struct region *region, const char *name, size_t pages)
{
	char *guarded;
	int error;

	*region = (struct region){
		.name = name,
		.pages = pages,
		.page_size = sysconf(_SC_PAGESIZE),
	};
	if (!pages)
		return STATUS_PASS;
	guarded = mmap(NULL, guarded_bytes(region), PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (guarded == MAP_FAILED)
		return report_error(STATUS_FAIL, errno, "map the %s region",
				    name);
	region->start = guarded + region->page_size;
	error = open_region(region);
	if (error)
		return report_error(STATUS_FAIL, -error, "set up the %s region",
				    name);
	return STATUS_PASS;
}

void region_touch(const struct region *region)
{
	size_t page;

	for (page = 0; page < region->pages; page++)
		*(volatile char *)region_page(region, page) = 1;
}

void region_unmap(struct region *region)
{
	if (!region->start)
		return;
	munmap(region->start - region->page_size, guarded_bytes(region));
	region->start = NULL;
}
