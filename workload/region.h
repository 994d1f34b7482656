/* SPDX-License-Identifier: GPL-2.0 */
/*
 * region.h - a range of memory, counted in base pages.
 */
#ifndef REGION_H
#define REGION_H

#include <stddef.h>
#include <sys/types.h>

struct page_kind;

/* In arrays of regions, and of what there is for each. The last may be missing. */
enum { SUBJECT, CONTROL, COMPANION, REGIONS_MAX };

struct region {
	const char *name;
	const struct page_kind *kind;
	char *start; /* NULL: not mapped */
	size_t pages;
	size_t page_size;
	pid_t pid; /* whose memory it is; 0: this process's */
	void *reserved; /* the region and its guards; NULL: not ours to unmap */
	size_t reserved_bytes;
};

static inline void *region_page(const struct region *region, size_t page)
{
	return region->start + page * region->page_size;
}

static inline size_t region_bytes(const struct region *region)
{
	return region->pages * region->page_size;
}

/* Write to each page, or read each. */
void region_touch(const struct region *region);
void region_read(const struct region *region);

/* By madvise(2). Answers 0 or a negative errno. */
int region_advise(const struct region *region, int advice);

/* A forked child has none of it. Answers a status. */
int region_keep_from_child(const struct region *region);

/* A region that is not mapped is left alone. */
void region_unmap(struct region *region);

#endif /* REGION_H */
