// SPDX-License-Identifier: GPL-2.0
/*
 * region.c - map, fault in and unmap a range of memory.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page_kind.h"
#include "region.h"
#include "status.h"

/*
 * Room for the region, aligned as its kind needs it, and for a page that can't
 * be accessed at each end: with those the kernel merges the VMAs of no two
 * regions, and treats each by itself.
 */
static int reserve(struct region *region)
{
	size_t align = page_kind_align(region->kind);
	uintptr_t start;

	region->reserved_bytes =
		region_bytes(region) + align + 2 * region->page_size;
	region->reserved = mmap(NULL, region->reserved_bytes, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region->reserved == MAP_FAILED) {
		region->reserved = NULL;
		return report_error(STATUS_FAIL, errno, "map the %s region",
				    region->name);
	}
	start = (uintptr_t)region->reserved + region->page_size;
	start = (start + align - 1) / align * align;
	region->start = (char *)start;
	return STATUS_PASS;
}

int region_map(struct region *region, const char *name, size_t pages,
	       const struct page_kind *kind, const char *dir)
{
	int status;

	*region = (struct region){
		.name = name,
		.kind = kind,
		.pages = pages,
		.page_size = sysconf(_SC_PAGESIZE),
	};
	if (!pages)
		return STATUS_PASS;
	status = reserve(region);
	if (!status)
		status = page_kind_map(region, dir);
	return status;
}

void region_touch(const struct region *region)
{
	size_t page;

	for (page = 0; page < region->pages; page++)
		*(volatile char *)region_page(region, page) = 1;
}

void region_read(const struct region *region)
{
	size_t page;

	for (page = 0; page < region->pages; page++)
		(void)*(volatile char *)region_page(region, page);
}

int region_advise(const struct region *region, int advice)
{
	return madvise(region->start, region_bytes(region), advice) ? -errno :
								      0;
}

int region_keep_from_child(const struct region *region)
{
	int error = region->pages ? region_advise(region, MADV_DONTFORK) : 0;

	if (error)
		return report_error(STATUS_FAIL, -error,
				    "keep the %s region from the child",
				    region->name);
	return STATUS_PASS;
}

void region_unmap(struct region *region)
{
	if (region->reserved)
		munmap(region->reserved, region->reserved_bytes);
	*region = (struct region){ 0 };
}
