// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - the events that this program prints, one function for each.
 */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "json.h"
#include "options.h"
#include "pin.h"
#include "placement.h"
#include "region.h"
#include "report.h"

void report_begin(const struct options *options, int cpu_node, int writer_node)
{
	json_event_begin("begin");
	json_number("pid", getpid());
	json_number("page_size", sysconf(_SC_PAGESIZE));
	json_number("pages", options->pages);
	json_string("pin", options->pin->name);
	json_number("cpu", options->cpu);
	json_number("cpu_node", cpu_node);
	json_number("writer_cpu", options->writer_cpu);
	json_number("writer_node", writer_node);
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

void report_pin(const struct pin_method *method, int error, long minor_faults)
{
	json_event_begin("pin");
	json_string("method", method->name);
	json_string("device", method->device);
	json_errno(-error);
	json_number("minor_faults", minor_faults);
	json_event_end();
}

void report_touch(long minor_faults)
{
	json_event_begin("touch");
	json_number("minor_faults", minor_faults);
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

static void put_unknown(const struct page_place *places, size_t pages)
{
	json_number("unknown", count_on_node(places, pages, -1));
}

void report_placement(const char *when, const struct region *region,
		      const struct page_place *places)
{
	json_event_begin("placement");
	json_string("when", when);
	json_string("region", region->name);
	json_pieces_begin("addr");
	json_piece("%p", (void *)region->start);
	json_pieces_end();
	put_runs(places, region->pages);
	put_unknown(places, region->pages);
	json_event_end();
}

void report_ready(void)
{
	json_event_begin("ready");
	json_event_end();
}

void report_write_start(pid_t writer_tid)
{
	json_event_begin("write_start");
	json_number("writer_tid", writer_tid);
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
	put_unknown(placement->now, placement->region->pages);
	put_changes(placement);
	if (holding)
		put_holding(holding);
	json_object_end();
}

void report_sample(const struct sample *sample)
{
	json_event_begin_at("report", sample->begin);
	json_time_after("t_end", sample->end);
	json_number("seq", sample->seq);
	json_string("reason", sample->reason);
	json_number("passes", sample->passes);
	json_number("asked", sample->asked);
	put_region(sample->subject, sample->holding);
	put_region(sample->control, NULL);
	json_event_end();
}

void report_unpin(int error)
{
	json_event_begin("unpin");
	json_errno(-error);
	json_event_end();
}

void report_end(int status)
{
	json_event_begin("end");
	json_number("exit", status);
	json_event_end();
}
