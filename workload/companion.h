/* SPDX-License-Identifier: GPL-2.0 */
/*
 * companion.h - what there is beside the subject and the control, to see what
 * the subject's pin does to it, or it to the pin.
 */
#ifndef COMPANION_H
#define COMPANION_H

#include <stdbool.h>

#include "child.h"

struct companion {
	const char *name;
	const char *region; /* the third region's; NULL: there is none */
	enum child_does child; /* a forked one */
	bool released; /* the region is pinned as the subject, and unpinned */
};

/* By their names (table.h). */
extern const void *const companions[];

#endif /* COMPANION_H */
