// SPDX-License-Identifier: GPL-2.0
/*
 * region.c - fault in and unmap a range of memory.
 */
#include <errno.h>
#include <sys/mman.h>

#include "region.h"
#include "status.h"

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
