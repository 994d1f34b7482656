// SPDX-License-Identifier: GPL-2.0
/*
 * block_filler.c - filler pages, by the memory blocks that they are in.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "room/block_filler.h"
#include "room/block_set.h"
#include "room/memory_block.h"
#include "page_place.h"
#include "status.h"

/* So many filler pages are faulted in before it is looked where they are. */
#define STEP_PAGES 4096
/*
 * Since 6.7 a CPU takes up to thousands of free pages at once (nr_pcp_alloc()
 * in mm/page_alloc.c), of which it is not clear whether the kernel uses them
 * until they are handed out. In such small steps a look comes when few are left.
 */
#define UNCLEAR_STEP_PAGES 128
/* Every fourth filler page is kept, so that what is free is in small pieces. */
#define KEPT 4

int block_filler_map(struct block_filler *filler, int node)
{
	int status = filler_map(&filler->filler, node);

	if (status)
		return status;
	filler->places =
		calloc(filler->filler.region.pages, sizeof(*filler->places));
	if (!filler->places)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
}

/* In the block, and not to be kept. */
static bool is_usable(const struct page_place *place, uint64_t block)
{
	return memory_block_of(place) == block && place->pfn % KEPT;
}

static size_t count_usable(const struct block_filler *filler, uint64_t block)
{
	size_t count = 0;
	size_t page;

	for (page = 0; page < filler->filler.faulted; page++)
		count += is_usable(&filler->places[page], block);
	return count;
}

static int step(struct block_filler *filler, size_t pages)
{
	struct page_place *next = filler->places + filler->filler.faulted;
	int status = filler_fault_in(&filler->filler, pages);

	return status ?: filler_read_last(&filler->filler, next, pages);
}

int block_filler_reach(struct block_filler *filler, size_t pages,
		       struct block_set *refused, uint64_t *block)
{
	size_t next = STEP_PAGES;
	int status;

	for (;;) {
		status = step(filler, next);
		next = STEP_PAGES;
		if (status)
			return status;
		*block = memory_block_of(
			&filler->places[filler->filler.faulted - 1]);
		if (block_set_has(refused, *block) ||
		    count_usable(filler, *block) < pages)
			continue;
		switch (memory_block_use(*block)) {
		case BLOCK_MOVABLE:
			return STATUS_PASS;
		case BLOCK_UNCLEAR:
			next = UNCLEAR_STEP_PAGES;
			break;
		case BLOCK_OF_KERNEL:
			block_set_add(refused, *block);
		}
	}
}

void block_filler_give_back(struct block_filler *filler, uint64_t block,
			    size_t pages)
{
	size_t page;

	for (page = 0; pages && page < filler->filler.faulted; page++) {
		if (!is_usable(&filler->places[page], block))
			continue;
		filler_give_back(&filler->filler, page);
		filler->places[page].pfn = 0;
		pages--;
	}
}

void block_filler_give_back_all(const struct block_filler *filler)
{
	size_t page;

	for (page = 0; page < filler->filler.faulted; page++)
		filler_give_back(&filler->filler, page);
}

void block_filler_unmap(struct block_filler *filler)
{
	filler_unmap(&filler->filler);
	free(filler->places);
	filler->places = NULL;
}
