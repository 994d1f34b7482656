// SPDX-License-Identifier: GPL-2.0
/*
 * report_placement.c - the event of where the pages of a region are.
 */
#include <stdbool.h>
#include <string.h>

#include "frame_nodes.h"
#include "page_place.h"
#include "place_reader.h"
#include "placement.h"
#include "region.h"
#include "report/json.h"
#include "report/report_placement.h"
#include "smaps.h"

#define ZONES_MAX 8

static bool continues_run(const struct page_place *before,
			  const struct page_place *place)
{
	if (!place_known(before) || !place_known(place))
		return place_known(before) == place_known(place);
	return place->pfn == before->pfn + 1 && place->node == before->node;
}

static void put_run(const struct page_place *first, size_t pages)
{
	json_array_begin(NULL);
	json_number(NULL, first->pfn);
	json_number(NULL, first->node);
	json_number(NULL, pages);
	json_array_end();
}

void report_put_runs(const void *places, size_t pages,
		     struct page_place (*place_at)(const void *places,
						   size_t page))
{
	struct page_place first, before, place;
	size_t count = 0;
	size_t page;

	json_array_begin("runs");
	for (page = 0; page < pages; page++) {
		place = place_at(places, page);
		if (count && !continues_run(&before, &place)) {
			put_run(&first, count);
			count = 0;
		}
		if (!count++)
			first = place;
		before = place;
	}
	if (count)
		put_run(&first, count);
	json_array_end();
}

static struct page_place mapped_place(const void *places, size_t page)
{
	return ((const struct page_place *)places)[page];
}

static size_t count_swapped(const struct page_place *places, size_t pages)
{
	size_t count = 0;
	size_t page;

	for (page = 0; page < pages; page++)
		count += places[page].swapped;
	return count;
}

/* A page that is swapped out is on no node, but is not unknown. */
void report_put_elsewhere(const struct page_place *places, size_t pages)
{
	size_t swapped = count_swapped(places, pages);

	json_number("unknown", page_place_count(places, pages, -1) - swapped);
	json_number("swapped", swapped);
}

struct zone_counts {
	size_t count;
	const char *name[ZONES_MAX];
	size_t pages[ZONES_MAX];
};

static void count_in_zone(struct zone_counts *zones, const char *name)
{
	size_t i = 0;

	while (i < zones->count && strcmp(zones->name[i], name))
		i++;
	if (i == ZONES_MAX)
		return;
	if (i == zones->count) {
		zones->name[i] = name;
		zones->count++;
	}
	zones->pages[i]++;
}

static void put_zones(const struct frame_nodes *frames,
		      const struct page_place *places, size_t pages)
{
	struct zone_counts zones = { 0 };
	const char *zone;
	size_t i;

	for (i = 0; i < pages; i++) {
		zone = frame_nodes_zone(frames, places[i].pfn);
		if (place_known(&places[i]) && zone)
			count_in_zone(&zones, zone);
	}
	json_object_begin("zones");
	for (i = 0; i < zones.count; i++)
		json_number(zones.name[i], zones.pages[i]);
	json_object_end();
}

void report_placement(const char *when, const struct placement *placement,
		      const struct page_place *places)
{
	const struct region *region = placement->region;

	json_event_begin("placement");
	json_string("when", when);
	json_string("region", region->name);
	json_pieces_begin("addr");
	json_piece("%p", (void *)region->start);
	json_pieces_end();
	report_put_runs(places, region->pages, mapped_place);
	report_put_elsewhere(places, region->pages);
	put_zones(&placement->reader->frame_nodes, places, region->pages);
	json_number("mapped_huge", smaps_huge_pages(region));
	json_event_end();
}
