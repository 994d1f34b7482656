// SPDX-License-Identifier: GPL-2.0
/*
 * region_map.c - map a region of pages of a kind.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page_kind.h"
#include "region.h"
#include "region_map.h"
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

static int map_pages(const struct region *region, const char *dir)
{
	const struct page_kind *kind = region->kind;
	int error = kind->map(region, dir);

	if (!error)
		return STATUS_PASS;
	/* EINVAL: the kernel is built without huge pages. */
	return report_error(
		kind->huge && error == -EINVAL ? STATUS_SKIP : STATUS_FAIL,
		-error, "map the %s region of %s pages%s%s", region->name,
		kind->name, kind->in_dir ? " in " : "",
		kind->in_dir ? dir : "");
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
		status = map_pages(region, dir);
	return status;
}
