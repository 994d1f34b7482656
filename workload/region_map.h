/* SPDX-License-Identifier: GPL-2.0 */
/*
 * region_map.h - map a region of pages of a kind.
 */
#ifndef REGION_MAP_H
#define REGION_MAP_H

#include <stddef.h>

struct page_kind;
struct region;

/*
 * Map it untouched, in a VMA of its own. dir: where a kind that needs a file
 * makes it. Answers a status.
 */
int region_map(struct region *region, const char *name, size_t pages,
	       const struct page_kind *kind, const char *dir);

#endif /* REGION_MAP_H */
