// SPDX-License-Identifier: GPL-2.0
/*
 * offline.c - memory blocks are taken offline, and so emptied.
 *
 * The kernel moves all pages of the block, for most to other nodes. Pages that
 * it can't move, pinned ones too, it tries again and again until a signal
 * comes, and answers EINTR then. A block that it can't empty at all, because
 * of pages of its own in it, is refused at once (EBUSY). So the regions are
 * faulted in in blocks that hold no such pages, and the control in another one
 * than the subject: filler pages are faulted in until enough of them lie in
 * such blocks, and given back there just before the regions are faulted in.
 *
 * This is of use only to a subject that is touched before it is pinned. For one
 * that the pin itself faults in the kernel takes pages where it takes its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cpu.h"
#include "migrators/deadline.h"
#include "migrators/filler.h"
#include "migrators/kernel_room.h"
#include "migrators/memory_block.h"
#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "page_place.h"
#include "status.h"

/* An unpinned block takes 0.2 s in an emulated guest. */
#define OFFLINE_SECONDS 5

/* So many filler pages are faulted in before it is looked where they are. */
#define STEP_PAGES 4096
/* Every fourth filler page is kept, so that what is free is in small pieces. */
#define KEPT 4
/* More than the regions take is given back: for others that come between. */
#define SPARE_PAGES 64

#define BLOCKS_MAX 64
#define NO_BLOCK UINT64_MAX

struct block {
	uint64_t number;
	char zone[16]; /* where it goes when it is online again */
	int answer; /* 0: it is offline */
	unsigned int round; /* that the answer is of */
};

static struct filler filler;
static struct page_place *places; /* of the filler, as they were faulted in */
static uint64_t block_pages;
static uint64_t others_block; /* where all regions but the control are to be */
static uint64_t control_block;
static struct block blocks[BLOCKS_MAX]; /* that were to be taken offline */
static size_t block_count;

static uint64_t block_of(const struct page_place *place)
{
	return place_known(place) ? place->pfn / block_pages : NO_BLOCK;
}

/* Such as those that the pages of a region are in. */
struct block_set {
	size_t count;
	uint64_t blocks[BLOCKS_MAX];
};

static bool in_set(const struct block_set *set, uint64_t block)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (set->blocks[i] == block)
			return true;
	return false;
}

static void add_block(struct block_set *set, uint64_t block)
{
	if (block != NO_BLOCK && set->count < BLOCKS_MAX && !in_set(set, block))
		set->blocks[set->count++] = block;
}

static int find_blocks(const struct region *region, struct block_set *set)
{
	struct page_place *own = calloc(region->pages, sizeof(*own));
	unsigned int asked;
	size_t page;
	int status;

	if (!own)
		return report_error(STATUS_FAIL, errno, "allocate buffers");
	status = place_reader_read(&filler.reader, region, own, &asked);
	for (page = 0; !status && page < region->pages; page++)
		add_block(set, block_of(&own[page]));
	free(own);
	return status;
}

/* How many filler pages that can be given back are in a block. */
static size_t count_usable(uint64_t block)
{
	size_t count = 0;
	size_t page;

	for (page = 0; page < filler.faulted; page++)
		if (block_of(&places[page]) == block && places[page].pfn % KEPT)
			count++;
	return count;
}

static int step(void)
{
	int status = filler_fault_in(&filler, STEP_PAGES);

	return status ?:
			filler_read_last(&filler,
					 places + filler.faulted - STEP_PAGES,
					 STEP_PAGES);
}

/* Fault in filler pages until enough of them are in a block that will do. */
static int reach_block(size_t pages, struct block_set *refused, uint64_t *block)
{
	const struct page_place *last;
	int status;

	for (;;) {
		status = step();
		if (status)
			return status;
		last = &places[filler.faulted - 1];
		*block = block_of(last);
		if (in_set(refused, *block) || count_usable(*block) < pages)
			continue;
		if (memory_block_is_movable(*block, block_pages))
			return STATUS_PASS;
		add_block(refused, *block);
	}
}

/*
 * Those are what the kernel hands out next: single pages before larger pieces,
 * and what was free last before what was free earlier.
 */
static void give_back_in(uint64_t block, size_t pages)
{
	size_t page;

	for (page = 0; pages && page < filler.faulted; page++) {
		if (block_of(&places[page]) != block ||
		    places[page].pfn % KEPT == 0)
			continue;
		filler_give_back(&filler, page);
		places[page].pfn = 0;
		pages--;
	}
}

static const struct region *find_control(const struct migration *migration)
{
	return migration->regions[CONTROL];
}

static size_t count_others(const struct migration *migration)
{
	size_t pages = 0;
	size_t i;

	for (i = 0; i < migration->count; i++)
		if (i != CONTROL)
			pages += migration->regions[i]->pages;
	return pages;
}

static int map_filler(int node)
{
	int status = filler_map(&filler, node);

	if (status)
		return status;
	places = calloc(filler.region.pages, sizeof(*places));
	if (!places)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
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
		if (!memory_block_is_movable(of_node[i], block_pages))
			add_block(refused, of_node[i]);
	kernel_room_give_back(&room);
	return status;
}

static int reach_both(const struct migration *migration,
		      struct block_set *refused)
{
	size_t others = count_others(migration) + SPARE_PAGES;
	size_t control = find_control(migration)->pages + SPARE_PAGES;
	int status = reach_block(others, refused, &others_block);

	if (status)
		return status;
	add_block(refused, others_block);
	status = reach_block(control, refused, &control_block);
	if (status)
		return status;
	/* Pages that others free on this CPU would be among the next ones. */
	cpu_take();
	give_back_in(others_block, others);
	return STATUS_PASS;
}

/* Both blocks are found first: then less happens between the regions. */
static int find_two_blocks(const struct migration *migration)
{
	struct block_set refused = { 0 };
	int status = memory_block_read_size(&block_pages);

	if (!status)
		status = refuse_kernel_blocks(migration->home_node, &refused);
	if (!status)
		status = map_filler(migration->home_node);
	return status ?: reach_both(migration, &refused);
}

/* What is left in the one block is taken, or the control would lie there. */
static int turn_to_control(const struct migration *migration)
{
	size_t pages = find_control(migration)->pages + SPARE_PAGES;
	int status = filler_fault_in(&filler, 2 * SPARE_PAGES);

	if (!status)
		give_back_in(control_block, pages);
	return status;
}

/*
 * A page or two may lie elsewhere, among other movable pages. The other
 * regions' block would not be emptied for one region only.
 */
static int check_region(const struct region *region, uint64_t own,
			uint64_t foreign)
{
	struct block_set set = { 0 };
	int status = find_blocks(region, &set);
	size_t i;

	for (i = 0; !status && i < set.count; i++)
		if (set.blocks[i] == foreign ||
		    (set.blocks[i] != own &&
		     !memory_block_is_movable(set.blocks[i], block_pages)))
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
			check_region(find_control(migration), control_block,
				     others_block);
}

/* The blocks are emptied faster, and the pages find room elsewhere. */
static int give_back_all(const struct migration *migration)
{
	int status;
	size_t page;

	cpu_share();
	status = check_regions(migration);
	for (page = 0; !status && page < filler.faulted; page++)
		filler_give_back(&filler, page);
	return status;
}

static int write_offline(uint64_t block, const struct deadline *deadline)
{
	int error;

	deadline_begin(deadline, OFFLINE_SECONDS);
	error = memory_block_take_offline(block);
	deadline_end(deadline);
	return error;
}

static struct block *find_block(uint64_t number)
{
	size_t i;

	for (i = 0; i < block_count; i++)
		if (blocks[i].number == number)
			return &blocks[i];
	if (block_count == BLOCKS_MAX)
		return NULL;
	blocks[block_count] = (struct block){ .number = number };
	memory_block_read_zone(number, blocks[block_count].zone,
			       sizeof(blocks[block_count].zone));
	return &blocks[block_count++];
}

/* Once a round, though several regions may have pages in it. */
static int take_offline(uint64_t number, unsigned int round,
			const struct deadline *deadline)
{
	struct block *block = find_block(number);

	if (!block)
		return -E2BIG;
	if (block->round != round)
		block->answer = write_offline(number, deadline);
	block->round = round;
	return block->answer;
}

static void offline_region(const struct migration *migration, size_t which,
			   const struct block_set *set,
			   const struct deadline *deadline)
{
	struct migrate_answers answers;
	size_t i;

	migrate_answers_begin(&answers, migration->regions[which]->name,
			      "block");
	for (i = 0; i < set->count; i++)
		migrate_answers_count(&answers,
				      take_offline(set->blocks[i],
						   migration->round, deadline));
	migrate_answers_report(&answers, migration);
}

/*
 * The control last: it meets all that the attempt at the subject met, and its
 * own block that is gone is not what kept the subject in place.
 */
static void offline_regions(const struct migration *migration,
			    const struct block_set *sets,
			    const struct deadline *deadline)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		if (i != CONTROL)
			offline_region(migration, i, &sets[i], deadline);
	offline_region(migration, CONTROL, &sets[CONTROL], deadline);
}

/* All blocks are looked up first: an attempt at one moves other pages too. */
static int offline(const struct migration *migration)
{
	struct block_set sets[REGIONS_MAX] = { 0 };
	int status = STATUS_PASS;
	struct deadline deadline;
	size_t i;

	for (i = 0; !status && i < migration->count; i++)
		status = find_blocks(migration->regions[i], &sets[i]);
	if (!status)
		status = deadline_make(&deadline);
	if (status)
		return status;
	offline_regions(migration, sets, &deadline);
	deadline_free(&deadline);
	return STATUS_PASS;
}

static int finish(const struct migration *migration)
{
	int status = STATUS_PASS;
	size_t i;

	(void)migration;
	for (i = 0; i < block_count; i++)
		if (memory_block_is_offline(blocks[i].number) &&
		    memory_block_bring_back(blocks[i].number, blocks[i].zone))
			status = STATUS_FAIL;
	block_count = 0;
	filler_unmap(&filler);
	free(places);
	places = NULL;
	return status;
}

const struct migrator migrator_offline = {
	.name = "offline",
	.before_regions = find_two_blocks,
	.between_regions = turn_to_control,
	.after_regions = give_back_all,
	.migrate = offline,
	.finish = finish,
};
