/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page_kind.h - what there is to know of a kind of pages.
 */
#ifndef PAGE_KIND_H
#define PAGE_KIND_H

#include <stdbool.h>
#include <stddef.h>

struct region;

/* map puts the pages' mapping over the region; 0 or a negative errno. */
struct page_kind {
	const char *name;
	bool huge; /* in pages of 2 MiB */
	bool pooled; /* those are from the pool of hugetlb */
	bool shared; /* a forked child has no copies of its own */
	bool read_first; /* read before anything else */
	bool in_dir; /* of a file in --dir */
	bool merged; /* written and merged by KSM before anything else */
	int (*map)(const struct region *region, const char *dir);
};

/* Its pages have no frames of their own until they are written. */
static inline bool page_kind_borrows(const struct page_kind *kind)
{
	return kind->read_first || kind->merged;
}

/* How many base pages are one page of this kind, and its alignment in bytes. */
size_t page_kind_unit(const struct page_kind *kind);
size_t page_kind_align(const struct page_kind *kind);

#endif /* PAGE_KIND_H */
