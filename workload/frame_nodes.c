// SPDX-License-Identifier: GPL-2.0
/*
 * frame_nodes.c - the node and the zone of a page frame, by the spans of
 * /proc/zoneinfo.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "frame_nodes.h"

static void add_span(struct frame_nodes *nodes, const struct frame_span *span)
{
	/* Counted even when there is no room: then the table is of no use. */
	if (nodes->count < FRAME_SPANS_MAX)
		nodes->spans[nodes->count] = *span;
	nodes->count++;
}

/* A zone is a header, then its size, then its start. Empty ones lack that. */
static void parse_line(struct frame_nodes *nodes, struct frame_span *zone,
		       const char *line)
{
	if (sscanf(line, "Node %d, zone %15s", &zone->node, zone->zone) == 2)
		zone->frames = 0;
	else if (sscanf(line, " spanned %" SCNu64, &zone->frames) == 1)
		return;
	else if (sscanf(line, " start_pfn: %" SCNu64, &zone->first) == 1)
		add_span(nodes, zone);
}

void frame_nodes_read(struct frame_nodes *nodes)
{
	struct frame_span zone = { .node = -1 };
	char line[256];
	FILE *file;

	nodes->count = 0;
	file = fopen("/proc/zoneinfo", "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		parse_line(nodes, &zone, line);
	fclose(file);
	if (nodes->count > FRAME_SPANS_MAX)
		nodes->count = 0;
}

static bool is_within(const struct frame_span *span, uint64_t pfn)
{
	return pfn >= span->first && pfn - span->first < span->frames;
}

int frame_nodes_find(const struct frame_nodes *nodes, uint64_t pfn)
{
	int node = -1;
	size_t i;

	for (i = 0; i < nodes->count; i++) {
		const struct frame_span *span = &nodes->spans[i];

		if (!is_within(span, pfn))
			continue;
		if (node >= 0 && node != span->node)
			return -1;
		node = span->node;
	}
	return node;
}

const char *frame_nodes_zone(const struct frame_nodes *nodes, uint64_t pfn)
{
	const char *zone = NULL;
	size_t i;

	for (i = 0; i < nodes->count; i++) {
		const struct frame_span *span = &nodes->spans[i];

		if (!is_within(span, pfn))
			continue;
		if (zone && strcmp(zone, span->zone))
			return NULL;
		zone = span->zone;
	}
	return zone;
}
