/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame_nodes.h - the node and the zone of a page frame, by the spans of
 * /proc/zoneinfo.
 */
#ifndef FRAME_NODES_H
#define FRAME_NODES_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_SPANS_MAX 1024

struct frame_nodes {
	size_t count;
	struct frame_span {
		int node;
		char zone[16];
		uint64_t first;
		uint64_t frames;
	} spans[FRAME_SPANS_MAX];
};

/* Reads the spans; without any, no frame's node is known. */
void frame_nodes_read(struct frame_nodes *nodes);

/* -1: not known, or the frame is within the spans of several nodes. */
int frame_nodes_find(const struct frame_nodes *nodes, uint64_t pfn);

/* The name of the zone; NULL: not known, or it may be in several. */
const char *frame_nodes_zone(const struct frame_nodes *nodes, uint64_t pfn);

#endif /* FRAME_NODES_H */
