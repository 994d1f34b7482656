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

const struct companion *companion_find(const char *name);
const char *companion_names(void);

#endif /* COMPANION_H */
