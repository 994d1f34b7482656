// SPDX-License-Identifier: GPL-2.0
/*
 * placement.c - where the pages of a region were and where they are now.
 */
#include <errno.h>
#include <stdlib.h>

#include "own_memory.h"
#include "page_place.h"
#include "place_reader.h"
#include "placement.h"
#include "region.h"
#include "status.h"

int placement_alloc(struct placement *placement, const struct region *region,
		    struct place_reader *reader, size_t pages)
{
	placement->region = region;
	placement->reader = reader;
	placement->baseline =
		own_memory_alloc(pages, sizeof(*placement->baseline));
	placement->now = own_memory_alloc(pages, sizeof(*placement->now));
	placement->ever_changed =
		own_memory_alloc(pages, sizeof(*placement->ever_changed));
	if (!placement->baseline || !placement->now || !placement->ever_changed)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
}

int placement_read_before(struct placement *placement)
{
	unsigned int asked;

	return place_reader_read(placement->reader, placement->region,
				 placement->now, &asked);
}

int placement_read_baseline(struct placement *placement)
{
	unsigned int asked;

	return place_reader_read(placement->reader, placement->region,
				 placement->baseline, &asked);
}

int placement_update(struct placement *placement, unsigned int *asked)
{
	int status = place_reader_read(placement->reader, placement->region,
				       placement->now, asked);
	size_t page;

	for (page = 0; !status && page < placement->region->pages; page++)
		placement->ever_changed[page] |=
			placement_changed(placement, page);
	return status;
}

bool placement_changed(const struct placement *placement, size_t page)
{
	const struct page_place *from = &placement->baseline[page];
	const struct page_place *to = &placement->now[page];

	if (!place_answered(from) || !place_answered(to))
		return false;
	return from->pfn != to->pfn || from->node != to->node;
}

int placement_other_node(const struct placement *placement, int node)
{
	size_t page;

	for (page = 0; page < placement->region->pages; page++) {
		const struct page_place *place = &placement->baseline[page];

		if (place_known(place) && place->node != node)
			return place->node;
	}
	return -1;
}

size_t placement_pages(const struct placement *placements, size_t count)
{
	size_t pages = 0;
	size_t i;

	for (i = 0; i < count; i++)
		pages += placements[i].region->pages;
	return pages;
}

void placement_free(struct placement *placement)
{
	own_memory_free(placement->baseline);
	own_memory_free(placement->now);
	own_memory_free(placement->ever_changed);
	*placement = (struct placement){ 0 };
}
