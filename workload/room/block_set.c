// SPDX-License-Identifier: GPL-2.0
/*
 * block_set.c - memory blocks, such as those that the pages of a region are in.
 */
#include <errno.h>
#include <stdlib.h>

#include "room/block_set.h"
#include "room/memory_block.h"
#include "page_place.h"
#include "place_reader.h"
#include "region.h"
#include "status.h"

bool block_set_has(const struct block_set *set, uint64_t block)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->blocks[i] == block)
			return true;
	return false;
}

void block_set_add(struct block_set *set, uint64_t block)
{
	if (block != NO_BLOCK && set->count < BLOCKS_MAX &&
	    !block_set_has(set, block))
		set->blocks[set->count++] = block;
}

int block_set_add_region(struct block_set *set, const struct region *region,
			 struct place_reader *reader)
{
	struct page_place *own = calloc(region->pages, sizeof(*own));
	unsigned int asked;
	size_t page;
	int status;

	if (!own)
		return report_error(STATUS_FAIL, errno, "allocate buffers");
	status = place_reader_read(reader, region, own, &asked);
	for (page = 0; !status && page < region->pages; page++)
		block_set_add(set, memory_block_of(&own[page]));
	free(own);
	return status;
}
