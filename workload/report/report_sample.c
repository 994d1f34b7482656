// SPDX-License-Identifier: GPL-2.0
/*
 * report_sample.c - the event of a sample: what has become of the regions so far.
 */
#include <stdio.h>

#include "page_place.h"
#include "pin.h"
#include "placement.h"
#include "region.h"
#include "report/json.h"
#include "report/report_placement.h"
#include "report/report_sample.h"

static int highest_node(const struct page_place *places, size_t pages)
{
	int highest = -1;
	size_t page;

	for (page = 0; page < pages; page++)
		if (places[page].node > highest)
			highest = places[page].node;
	return highest;
}

static void put_nodes(const struct page_place *places, size_t pages)
{
	int highest = highest_node(places, pages);
	char key[16];
	size_t count;
	int node;

	json_object_begin("nodes");
	for (node = 0; node <= highest; node++) {
		count = page_place_count(places, pages, node);
		if (!count)
			continue;
		snprintf(key, sizeof(key), "%d", node);
		json_number(key, count);
	}
	json_object_end();
}

/* Pages as people write them: "0-30,35,40-67". */
static void put_changed_pages(const struct placement *placement)
{
	size_t pages = placement->region->pages;
	const char *comma = "";
	size_t first, page;

	json_pieces_begin("changed_pages");
	for (page = 0; page < pages; page++) {
		if (!placement_changed(placement, page))
			continue;
		first = page;
		while (page + 1 < pages &&
		       placement_changed(placement, page + 1))
			page++;
		json_piece("%s%zu", comma, first);
		if (page > first)
			json_piece("-%zu", page);
		comma = ",";
	}
	json_pieces_end();
}

static void put_first_changed(const struct placement *placement)
{
	size_t pages = placement->region->pages;
	size_t page = 0;

	while (page < pages && !placement_changed(placement, page))
		page++;
	if (page == pages) {
		json_null("first_changed");
		return;
	}
	json_object_begin("first_changed");
	json_number("page", page);
	json_number("pfn_from", placement->baseline[page].pfn);
	json_number("pfn_to", placement->now[page].pfn);
	json_number("node_from", placement->baseline[page].node);
	json_number("node_to", placement->now[page].node);
	json_object_end();
}

static void put_changes(const struct placement *placement)
{
	size_t pages = placement->region->pages;
	size_t changed = 0, ever_changed = 0;
	size_t page;

	for (page = 0; page < pages; page++) {
		changed += placement_changed(placement, page);
		ever_changed += placement->ever_changed[page];
	}
	json_number("changed", changed);
	json_number("ever_changed", ever_changed);
	put_changed_pages(placement);
	put_first_changed(placement);
}

static void put_holding(const struct pin_holding *holding)
{
	if (!holding->applies) {
		json_null("driver_pages");
		json_null("driver_differs");
		return;
	}
	json_number("driver_pages",
		    holding->error ? -1 : (long long)holding->pages);
	json_number("driver_differs",
		    holding->error ? -1 : (long long)holding->differs);
	if (holding->error)
		json_number("driver_errno", -holding->error);
}

static void put_region(const struct placement *placement,
		       const struct pin_holding *holding)
{
	json_object_begin(placement->region->name);
	put_nodes(placement->now, placement->region->pages);
	report_put_elsewhere(placement->now, placement->region->pages);
	put_changes(placement);
	if (holding)
		put_holding(holding);
	json_object_end();
}

void report_sample(const struct sample *sample)
{
	size_t i;

	json_event_begin_at("report", sample->begin);
	json_time_after("t_end", sample->end);
	json_number("seq", sample->seq);
	json_string("reason", sample->reason);
	json_number("passes", sample->passes);
	json_number("asked", sample->asked);
	for (i = 0; i < sample->count; i++)
		put_region(&sample->placements[i], i ? NULL : sample->holding);
	json_event_end();
}
