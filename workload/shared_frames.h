/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shared_frames.h - how many pages have a frame together with another page.
 */
#ifndef SHARED_FRAMES_H
#define SHARED_FRAMES_H

#include <stddef.h>
#include <stdint.h>

struct placement;
struct region;

struct shared_frames {
	struct placement *placements;
	size_t count; /* of the placements */
	const struct region *spare; /* a page that has no placement, or none */
	size_t pages; /* of all */
	uint64_t *pfns; /* of each page */
};

/* These answer a status. */
int shared_frames_alloc(struct shared_frames *frames,
			struct placement *placements, size_t count,
			const struct region *spare);
int shared_frames_count(struct shared_frames *frames, size_t *shared);

void shared_frames_free(struct shared_frames *frames);

#endif /* SHARED_FRAMES_H */
