/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report_placement.h - the event of where the pages of a region are, and how
 * places are written.
 */
#ifndef REPORT_PLACEMENT_H
#define REPORT_PLACEMENT_H

#include <stddef.h>

struct page_place;
struct placement;

/* when: "before_pin", "baseline", "unpin" or "final" */
void report_placement(const char *when, const struct placement *placement,
		      const struct page_place *places);

/* Write the member runs; place_at tells the place of a page among places. */
void report_put_runs(const void *places, size_t pages,
		     struct page_place (*place_at)(const void *places,
						   size_t page));

/* Write the members of pages that are on no node. */
void report_put_elsewhere(const struct page_place *places, size_t pages);

#endif /* REPORT_PLACEMENT_H */
