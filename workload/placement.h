/* SPDX-License-Identifier: GPL-2.0 */
/*
 * placement.h - where the pages of a region were and where they are now.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

struct page_place;
struct place_reader;
struct region;

struct placement {
	const struct region *region;
	struct place_reader *reader;
	struct page_place *baseline;
	struct page_place *now;
	bool *ever_changed; /* a page differed at this or a former update */
};

/* These answer a status. asked: how many rounds the kernel had to be asked. */
int placement_alloc(struct placement *placement, const struct region *region,
		    struct place_reader *reader, size_t pages);
int placement_read_before(struct placement *placement); /* no update yet */
int placement_read_baseline(struct placement *placement);
int placement_update(struct placement *placement, unsigned int *asked);

/* True when the page is known to be somewhere else than at the baseline. */
bool placement_changed(const struct placement *placement, size_t page);

/* The node of the first page that was not on node at the baseline, or -1. */
int placement_other_node(const struct placement *placement, int node);

/* Of all the regions together. */
size_t placement_pages(const struct placement *placements, size_t count);

void placement_free(struct placement *placement);

#endif /* PLACEMENT_H */
