// SPDX-License-Identifier: GPL-2.0
/*
 * offline_blocks.c - the two memory blocks that the regions are faulted in in.
 */
#include <inttypes.h>

#include "cpu.h"
#include "room/block_filler.h"
#include "room/block_set.h"
#include "room/kernel_room.h"
#include "room/memory_block.h"
#include "migrators/migration.h"
#include "room/offline_blocks.h"
#include "status.h"

/* More than the regions take is given back: for others that come between. */
#define SPARE_PAGES 64

static struct block_filler filler;
static uint64_t others_block; /* where all regions but the control are to be */
static uint64_t control_block;

static size_t count_others(const struct migration *migration)
{
	size_t pages = 0;
	size_t i;

	for (i = 0; i < migration->count; i++)
		if (i != CONTROL)
			pages += migration->regions[i]->pages;
	return pages;
}

/*
 * Blocks with room of the kernel's, which it may use at any time: pages of its
 * own that fill all such room show where it is. Given back, they are where the
 * page tables of programs that start later come from, and not another block.
 */
static int refuse_kernel_blocks(int node, struct block_set *refused)
{
	struct kernel_room room = { 0 };
	uint64_t of_node[BLOCKS_MAX];
	size_t count = memory_block_list(node, of_node, BLOCKS_MAX);
	int status;
	size_t i;

	if (!count || count == BLOCKS_MAX)
		return report_error(STATUS_FAIL, 0,
				    "%zu memory blocks of node %d, expected 1 "
				    "to %d",
				    count, node, BLOCKS_MAX - 1);
	status = kernel_room_take(&room);
	for (i = 0; !status && i < count; i++)
		if (memory_block_use(of_node[i]) != BLOCK_MOVABLE)
			block_set_add(refused, of_node[i]);
	kernel_room_give_back(&room);
	return status;
}

static int reach_both(const struct migration *migration,
		      struct block_set *refused)
{
	size_t others = count_others(migration) + SPARE_PAGES;
	size_t control = migration->regions[CONTROL]->pages + SPARE_PAGES;
	int status =
		block_filler_reach(&filler, others, refused, &others_block);

	if (status)
		return status;
	block_set_add(refused, others_block);
	status = block_filler_reach(&filler, control, refused, &control_block);
	if (status)
		return status;
	/* Pages that others free on this CPU would be among the next ones. */
	cpu_take();
	block_filler_give_back(&filler, others_block, others);
	return STATUS_PASS;
}

/* Both blocks are found first: then less happens between the regions. */
int offline_blocks_find(const struct migration *migration)
{
	struct block_set refused = { 0 };
	int status = memory_block_read_size();

	if (!status)
		status = refuse_kernel_blocks(migration->home_node, &refused);
	if (!status)
		status = block_filler_map(&filler, migration->home_node);
	return status ?: reach_both(migration, &refused);
}

/* What is left in the one block is taken, or the control would lie there. */
int offline_blocks_turn_to_control(const struct migration *migration)
{
	size_t pages = migration->regions[CONTROL]->pages + SPARE_PAGES;
	int status = filler_fault_in(&filler.filler, 2 * SPARE_PAGES);

	if (!status)
		block_filler_give_back(&filler, control_block, pages);
	return status;
}

int offline_blocks_of(const struct region *region, struct block_set *set)
{
	return block_set_add_region(set, region, &filler.filler.reader);
}

/*
 * A page or two may lie elsewhere, among other movable pages. The other
 * regions' block would not be emptied for one region only.
 */
static int check_region(const struct region *region, uint64_t own,
			uint64_t foreign)
{
	struct block_set set = { 0 };
	int status = offline_blocks_of(region, &set);
	size_t i;

	for (i = 0; !status && i < set.count; i++)
		if (set.blocks[i] == foreign ||
		    (set.blocks[i] != own &&
		     memory_block_use(set.blocks[i]) != BLOCK_MOVABLE))
			status = report_error(
				STATUS_FAIL, 0,
				"pages of the %s region are in memory block "
				"%" PRIu64 " (a subject that is pinned must "
				"be touched first)",
				region->name, set.blocks[i]);
	return status;
}

static int check_regions(const struct migration *migration)
{
	int status = STATUS_PASS;
	size_t i;

	for (i = 0; !status && i < migration->count; i++)
		if (i != CONTROL)
			status = check_region(migration->regions[i],
					      others_block, control_block);
	return status ?:
			check_region(migration->regions[CONTROL], control_block,
				     others_block);
}

/* The blocks are emptied faster, and the pages find room elsewhere. */
int offline_blocks_give_back(const struct migration *migration)
{
	int status;

	cpu_share();
	status = check_regions(migration);
	if (!status)
		block_filler_give_back_all(&filler);
	return status;
}

void offline_blocks_free(void)
{
	block_filler_unmap(&filler);
}
