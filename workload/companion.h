/* SPDX-License-Identifier: GPL-2.0 */
/*
 * companion.h - a third region, to see what the subject's pin does to it.
 */
#ifndef COMPANION_H
#define COMPANION_H

#include <stdbool.h>

struct companion {
	const char *name; /* "none", or the region's */
	bool forked; /* a child's copies of the subject */
	bool released; /* pinned as the subject is, and unpinned again */
};

/* By their names (table.h). */
extern const void *const companions[];

#endif /* COMPANION_H */
