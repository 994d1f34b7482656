// SPDX-License-Identifier: GPL-2.0
/*
 * shared_frames.c - how many pages have a frame together with another page.
 *
 * The flag for merged pages in /proc/kpageflags would not do: from 6.10 to 7.1
 * it is set for any anonymous page (commits dee3d0bef2b0 and 81401cebfc15).
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "own_memory.h"
#include "page_place.h"
#include "place_reader.h"
#include "placement.h"
#include "region.h"
#include "shared_frames.h"
#include "status.h"

int shared_frames_alloc(struct shared_frames *frames,
			struct placement *placements, size_t count,
			const struct region *spare)
{
	*frames = (struct shared_frames){
		.placements = placements,
		.count = count,
		.spare = spare,
		.pages = placement_pages(placements, count) + spare->pages,
	};
	frames->pfns = own_memory_alloc(frames->pages, sizeof(*frames->pfns));
	if (!frames->pfns)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
}

static int read_spare(struct shared_frames *frames, uint64_t *pfn)
{
	struct page_place place = { 0 };
	unsigned int asked;
	int status;

	if (!frames->spare->pages)
		return STATUS_PASS;
	status = place_reader_read(frames->placements[0].reader, frames->spare,
				   &place, &asked);
	*pfn = place.pfn;
	return status;
}

static int read_pfns(struct shared_frames *frames)
{
	uint64_t *next = frames->pfns;
	int status = STATUS_PASS;
	size_t i, page;

	for (i = 0; !status && i < frames->count; i++) {
		struct placement *placement = &frames->placements[i];

		status = placement_read_before(placement);
		for (page = 0; page < placement->region->pages; page++)
			*next++ = placement->now[page].pfn;
	}
	return status ?: read_spare(frames, next);
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Of the sorted PFNs. 0: it is not known where the page is. */
static bool is_shared(const struct shared_frames *frames, size_t page)
{
	const uint64_t *pfn = &frames->pfns[page];

	return *pfn && ((page && pfn[-1] == *pfn) ||
			(page + 1 < frames->pages && pfn[1] == *pfn));
}

int shared_frames_count(struct shared_frames *frames, size_t *shared)
{
	int status = read_pfns(frames);
	size_t page;

	*shared = 0;
	if (status)
		return status;
	qsort(frames->pfns, frames->pages, sizeof(*frames->pfns), compare);
	for (page = 0; page < frames->pages; page++)
		*shared += is_shared(frames, page);
	return STATUS_PASS;
}

void shared_frames_free(struct shared_frames *frames)
{
	own_memory_free(frames->pfns);
	*frames = (struct shared_frames){ 0 };
}
