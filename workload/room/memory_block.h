/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memory_block.h - the blocks of memory that can be taken offline.
 */
#ifndef MEMORY_BLOCK_H
#define MEMORY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_BLOCK UINT64_MAX

struct page_place;

/* Before all else: how large the blocks are. Answers a status. */
int memory_block_read_size(void);

/* The block that a page is in; NO_BLOCK: it is not known where it is. */
uint64_t memory_block_of(const struct page_place *place);

/* The blocks of a node, as many as there is room for. Answers how many. */
size_t memory_block_list(int node, uint64_t *blocks, size_t room);

/* The zone a block is in; empty for one that can't go offline as a whole. */
void memory_block_read_zone(uint64_t block, char *zone, size_t size);

/* Only a movable block is expected to go offline. */
enum block_use {
	BLOCK_MOVABLE, /* free, or of users */
	BLOCK_UNCLEAR, /* the kernel's in part, or free and kept by CPUs */
	BLOCK_OF_KERNEL,
};

enum block_use memory_block_use(uint64_t block);

/* Answers 0 or a negative errno. */
int memory_block_take_offline(uint64_t block);

bool memory_block_is_offline(uint64_t block);

/* zone: where it was. Answers a status. */
int memory_block_bring_back(uint64_t block, const char *zone);

#endif /* MEMORY_BLOCK_H */
