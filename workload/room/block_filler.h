/* SPDX-License-Identifier: GPL-2.0 */
/*
 * block_filler.h - filler pages, by the memory blocks that they are in.
 */
#ifndef BLOCK_FILLER_H
#define BLOCK_FILLER_H

#include <stddef.h>
#include <stdint.h>

#include "room/filler.h"

struct block_set;

struct block_filler {
	struct filler filler;
	struct page_place *places; /* of its pages, as they were faulted in */
};

/* Answers a status. */
int block_filler_map(struct block_filler *filler, int node);

/*
 * Fault in filler pages until enough of them are in a block that will do: it
 * is none that is refused, and can be taken offline. Answers a status.
 */
int block_filler_reach(struct block_filler *filler, size_t pages,
		       struct block_set *refused, uint64_t *block);

/*
 * Those are what the kernel hands out next: single pages before larger pieces,
 * and what was free last before what was free earlier.
 */
void block_filler_give_back(struct block_filler *filler, uint64_t block,
			    size_t pages);
void block_filler_give_back_all(const struct block_filler *filler);

/* A filler that is all zero is left alone. */
void block_filler_unmap(struct block_filler *filler);

#endif /* BLOCK_FILLER_H */
