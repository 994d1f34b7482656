// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - the events that this program prints, one function for each.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "companion.h"
#include "json.h"
#include "migrators/migrator.h"
#include "page_kind.h"
#include "report.h"
#include "smaps.h"
#include "table.h"

#define ZONES_MAX 8

static void put_writer_cpus(const struct options *options)
{
	size_t i;

	json_array_begin("writer_cpus");
	for (i = 0; i < options->writers; i++)
		json_number(NULL, options->writer_cpus[i]);
	json_array_end();
}

void report_begin(const struct options *options, const struct node_roles *nodes)
{
	json_event_begin("begin");
	json_number("pid", getpid());
	json_number("page_size", sysconf(_SC_PAGESIZE));
	json_number("pages", options->pages);
	json_string("page_kind", options->kind->name);
	json_string("pin", options->pin->name);
	json_string("companion", options->companion->name);
	json_string("migrator", options->migrator->name);
	json_number("cpu", options->cpu);
	json_number("cpu_node", nodes->cpu);
	json_number("home_node", nodes->home);
	json_number("target_node", nodes->target);
	put_writer_cpus(options);
	json_number("writer_node", nodes->writer);
	json_string("access", options->access->name);
	json_number("scratch_pages", options->scratch_pages);
	json_event_end();
}

void report_driver(unsigned int abi, const char *version)
{
	json_event_begin("driver");
	json_number("abi", abi);
	json_string("version", version);
	json_event_end();
}

void report_pin(const struct pin *pin, int error, long minor_faults)
{
	json_event_begin("pin");
	json_string("region", pin->region->name);
	json_string("method", pin->method->name);
	json_string("device", pin->method->device ?: "");
	json_errno(-error);
	json_number("minor_faults", minor_faults);
	json_event_end();
}

void report_touch(const struct region *region, long minor_faults)
{
	json_event_begin("touch");
	json_string("region", region->name);
	json_number("minor_faults", minor_faults);
	json_event_end();
}

void report_fork(pid_t pid, int error)
{
	json_event_begin("fork");
	json_number("pid", pid);
	json_errno(-error);
	json_event_end();
}

static bool continues_run(const struct page_place *places, size_t page)
{
	const struct page_place *before = &places[page - 1];
	const struct page_place *place = &places[page];

	if (!place_known(before) || !place_known(place))
		return place_known(before) == place_known(place);
	return place->pfn == before->pfn + 1 && place->node == before->node;
}

static void put_runs(const struct page_place *places, size_t pages)
{
	size_t first = 0;
	size_t page;

	json_array_begin("runs");
	for (page = 1; page <= pages; page++) {
		if (page < pages && continues_run(places, page))
			continue;
		json_array_begin(NULL);
		json_number(NULL, places[first].pfn);
		json_number(NULL, places[first].node);
		json_number(NULL, page - first);
		json_array_end();
		first = page;
	}
	json_array_end();
}

static size_t count_on_node(const struct page_place *places, size_t pages,
			    int node)
{
	size_t count = 0;
	size_t page;

	for (page = 0; page < pages; page++)
		if (places[page].node == node)
			count++;
	return count;
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
static void put_elsewhere(const struct page_place *places, size_t pages)
{
	size_t swapped = count_swapped(places, pages);

	json_number("unknown", count_on_node(places, pages, -1) - swapped);
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
	put_runs(places, region->pages);
	put_elsewhere(places, region->pages);
	put_zones(&placement->reader->frame_nodes, places, region->pages);
	json_number("mapped_huge", smaps_huge_pages(region));
	json_event_end();
}

void report_ready(void)
{
	json_event_begin("ready");
	json_event_end();
}

void report_write_start(const struct writers *writers)
{
	size_t i;

	json_event_begin("write_start");
	json_array_begin("writer_tids");
	for (i = 0; i < writers->count; i++)
		json_number(NULL, writers->list[i].tid);
	json_array_end();
	json_event_end();
}

void report_migrate_end(unsigned int round)
{
	json_event_begin("migrate_end");
	json_number("round", round);
	json_event_end();
}

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
		count = count_on_node(places, pages, node);
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
	put_elsewhere(placement->now, placement->region->pages);
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

void report_unpin(const struct region *region, int error)
{
	json_event_begin("unpin");
	json_string("region", region->name);
	json_errno(-error);
	json_event_end();
}

void report_end(int status)
{
	json_event_begin("end");
	json_number("exit", status);
	json_event_end();
}
