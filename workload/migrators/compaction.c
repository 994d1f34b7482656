// SPDX-License-Identifier: GPL-2.0
/*
 * compaction.c - the kernel is told to compact memory.
 *
 * It looks for pages to move from the bottom of a zone and for room from its
 * top, until both meet. As room it takes only free pages of partly used page
 * blocks (suitable_migration_target() in mm/compaction.c). So that the regions
 * move, they must lie below enough of such room:
 *
 * 1. Filler pages are faulted in. The lowest of them are given back but for
 *    every fourth, just before the regions are faulted in: those small pieces
 *    are what the kernel hands out first, so the regions lie there.
 * 2. Then every second of the higher filler pages is given back: the room.
 *    All pages that can be moved and lie below take of it, the regions' last.
 */
#include <errno.h>
#include <stdlib.h>

#include "room/filler.h"
#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "page_place.h"
#include "status.h"
#include "text_file.h"

#define STRAY_PERCENT 1
#define COMPACT_MEMORY "/proc/sys/vm/compact_memory"

/* Of the filler pages where the regions are to lie every fourth is kept. */
#define LOW_KEPT 4
/* Other pages are faulted in between the regions too, the scratch pages too. */
#define LOW_SPARE 2048
/* For pages that come to be between the count and the pressure. */
#define ROOM_SPARE 4096
/* PAGEVEC_SIZE in include/linux/pagevec.h: 15, in newer kernels 31. */
#define LRU_BATCH 31

struct frame {
	uint64_t pfn;
	size_t page; /* of the filler */
};

static struct filler filler;
static struct frame *frames; /* of the filler, from the lowest on */
static size_t frame_count;
static size_t low; /* so many of them are where the regions are to lie */

static int compare_frames(const void *left, const void *right)
{
	uint64_t a = ((const struct frame *)left)->pfn;
	uint64_t b = ((const struct frame *)right)->pfn;

	return (a > b) - (a < b);
}

static size_t count_pages(const struct migration *migration)
{
	size_t pages = 0;
	size_t i;

	for (i = 0; i < migration->count; i++)
		pages += migration->regions[i]->pages;
	return pages;
}

/* All that can be moved may lie below the regions. */
static size_t count_movable(int node)
{
	return filler_node_pages(node, "Active") +
	       filler_node_pages(node, "Inactive") +
	       filler_node_pages(node, "Unevictable");
}

static size_t count_room(const struct migration *migration)
{
	return count_pages(migration) + count_movable(migration->home_node) +
	       filler_cpu_keeps(migration->home_node) + ROOM_SPARE;
}

static void list_frames(const struct page_place *places)
{
	size_t page;

	for (page = 0; page < frame_count; page++)
		frames[page] = (struct frame){ places[page].pfn, page };
	qsort(frames, frame_count, sizeof(*frames), compare_frames);
}

static int read_frames(void)
{
	struct page_place *places = calloc(filler.faulted, sizeof(*places));
	int status;

	frame_count = filler.faulted;
	frames = calloc(frame_count, sizeof(*frames));
	if (places && frames)
		status = filler_read_last(&filler, places, frame_count);
	else
		status = report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	if (!status)
		list_frames(places);
	free(places);
	return status;
}

/*
 * Pages that are freed while they sit in the CPU's LRU-add batch are free only
 * once it is full, as those of the buffers of read_frames() and qsort(): the
 * regions' 31st page would make them free, and the next would be taken of them,
 * wherever they lie. (Seen with 7.2 and 7.3; older kernels empty the batch when
 * memory is unmapped.)
 */
static int empty_lru_batch(void)
{
	return filler_fault_in(&filler, LRU_BATCH);
}

static void give_back_low(void)
{
	size_t i;

	for (i = 0; i < low; i++)
		if (frames[i].pfn % LOW_KEPT)
			filler_give_back(&filler, frames[i].page);
}

static int make_low_pieces(const struct migration *migration)
{
	size_t pages = count_pages(migration);
	size_t room = count_room(migration);
	int status = filler_map(&filler, migration->home_node);

	low = 2 * pages + LOW_SPARE;
	/* Half of the pages that are not low become room. */
	if (!status)
		status = filler_fault_in(&filler, low + 2 * room);
	if (!status)
		status = read_frames();
	if (!status)
		status = empty_lru_batch();
	if (!status)
		give_back_low();
	return status;
}

/*
 * Those of even numbers: after page blocks without room the kernel looks at
 * every 32nd page only, from a block's start on. From the top, so that what the
 * CPU keeps of it are the lowest.
 */
static void give_back_room(void)
{
	size_t i;

	for (i = frame_count; i-- > low;)
		if (frames[i].pfn % 2 == 0)
			filler_give_back(&filler, frames[i].page);
}

/*
 * A page of the region that is above the lowest of the room has no room. A few
 * that a CPU had kept for itself may be.
 */
static int check_below(const struct region *region)
{
	struct page_place *places = calloc(region->pages, sizeof(*places));
	size_t above = 0;
	unsigned int asked;
	size_t page;
	int status;

	if (!places)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	status = place_reader_read(&filler.reader, region, places, &asked);
	for (page = 0; !status && page < region->pages; page++)
		if (places[page].pfn >= frames[low].pfn)
			above++;
	free(places);
	if (above * 100 <= region->pages * STRAY_PERCENT)
		return status;
	return report_error(STATUS_FAIL, 0,
			    "%zu of %zu pages of the %s region are above the "
			    "lowest of the room for them (a subject that is "
			    "pinned must be touched first)",
			    above, region->pages, region->name);
}

static int make_room(const struct migration *migration)
{
	int status = STATUS_PASS;
	size_t i;

	give_back_room();
	for (i = 0; !status && i < migration->count; i++)
		status = check_below(migration->regions[i]);
	return status;
}

static int compact(const struct migration *migration)
{
	struct migrate_answers answers;

	migrate_answers_begin(&answers, "all", "call");
	answers.error = text_file_write(COMPACT_MEMORY, "1");
	migrate_answers_count(&answers, answers.error);
	migrate_answers_report(&answers, migration);
	return STATUS_PASS;
}

static int finish(const struct migration *migration)
{
	(void)migration;
	filler_unmap(&filler);
	free(frames);
	frames = NULL;
	return STATUS_PASS;
}

const struct migrator migrator_compaction = {
	.name = "compaction",
	.before_regions = make_low_pieces,
	.after_regions = make_room,
	.migrate = compact,
	.finish = finish,
};
