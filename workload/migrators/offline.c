// SPDX-License-Identifier: GPL-2.0
/*
 * offline.c - memory blocks are taken offline, and so emptied.
 *
 * The kernel moves all pages of the block, for most to other nodes. Pages that
 * it can't move, pinned ones too, it tries again and again until a signal
 * comes, and answers EINTR then.
 */
#include <errno.h>

#include "room/block_set.h"
#include "deadline.h"
#include "room/memory_block.h"
#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "room/offline_blocks.h"
#include "status.h"

/* An unpinned block takes 0.2 s in an emulated guest. */
#define OFFLINE_SECONDS 5

struct block {
	uint64_t number;
	char zone[16]; /* where it goes when it is online again */
	int answer; /* 0: it is offline */
	unsigned int round; /* that the answer is of */
};

static struct block blocks[BLOCKS_MAX]; /* that were to be taken offline */
static size_t block_count;

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
		status = offline_blocks_of(migration->regions[i], &sets[i]);
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
	offline_blocks_free();
	return status;
}

const struct migrator migrator_offline = {
	.name = "offline",
	.before_regions = offline_blocks_find,
	.between_regions = offline_blocks_turn_to_control,
	.after_regions = offline_blocks_give_back,
	.migrate = offline,
	.finish = finish,
};
