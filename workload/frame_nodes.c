// SPDX-License-Identifier: GPL-2.0
/*
 * frame_nodes.c - the node of a page frame, by the spans of /proc/zoneinfo.
 */
#include <inttypes.h>
#include <stdio.h>

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
	if (sscanf(line, "Node %d, zone", &zone->node) == 1)
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

int frame_nodes_find(const struct frame_nodes *nodes, uint64_t pfn)
{
	int node = -1;
	size_t i;

	for (i = 0; i < nodes->count; i++) {
		const struct frame_span *span = &nodes->spans[i];

		if (pfn < span->first || pfn - span->first >= span->frames)
			continue;
		if (node >= 0 && node != span->node)
			return -1;
		node = span->node;
	}
	return node;
}
