/* SPDX-License-Identifier: GPL-2.0 */
/*
 * filler.h - anonymous base pages of a node that arrange where other pages go.
 *
 * They are faulted in from the first on and given back one by one: what is free
 * then, and in pieces of what size, is where the next pages are taken from.
 */
#ifndef FILLER_H
#define FILLER_H

#include <stddef.h>

#include "place_reader.h"
#include "region.h"

struct filler {
	struct region region; /* start is NULL: not mapped */
	size_t faulted; /* so many pages, from the first on */
	struct place_reader reader;
	int node;
};

/* A number of the node's meminfo, in pages; 0 if it is not there. */
size_t filler_node_pages(int node, const char *name);

/*
 * How many of the pages of a node that are given back a CPU may keep for
 * itself at most: the last ones. They are free, but not to be had for others.
 */
size_t filler_cpu_keeps(int node);

/* Map as much of the node as may be taken. These answer a status. */
int filler_map(struct filler *filler, int node);
int filler_fault_in(struct filler *filler, size_t pages);
/* Where the last pages that were faulted in are, in their order. */
int filler_read_last(struct filler *filler, struct page_place *places,
		     size_t pages);

void filler_give_back(const struct filler *filler, size_t page);

/* Gives all back. A filler that is all zero is left alone. */
void filler_unmap(struct filler *filler);

#endif /* FILLER_H */
