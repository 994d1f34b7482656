/* SPDX-License-Identifier: GPL-2.0 */
/*
 * block_set.h - memory blocks, such as those that the pages of a region are in.
 */
#ifndef BLOCK_SET_H
#define BLOCK_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place_reader;
struct region;

#define BLOCKS_MAX 64

struct block_set {
	size_t count;
	uint64_t blocks[BLOCKS_MAX];
};

bool block_set_has(const struct block_set *set, uint64_t block);
void block_set_add(struct block_set *set, uint64_t block);

/* Add those of a region's pages. Answers a status. */
int block_set_add_region(struct block_set *set, const struct region *region,
			 struct place_reader *reader);

#endif /* BLOCK_SET_H */
