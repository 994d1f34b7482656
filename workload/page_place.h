/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page_place.h - where a page is.
 */
#ifndef PAGE_PLACE_H
#define PAGE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_place {
	uint64_t pfn; /* 0: unknown, or swapped out */
	int node; /* -1: likewise */
	bool swapped;
};

static inline bool place_known(const struct page_place *place)
{
	return place->pfn != 0;
}

static inline bool place_answered(const struct page_place *place)
{
	return place_known(place) || place->swapped;
}

/* How many are on a node; -1: on none that is known. */
size_t page_place_count(const struct page_place *places, size_t pages,
			int node);

#endif /* PAGE_PLACE_H */
