// SPDX-License-Identifier: GPL-2.0
/*
 * companion.c - what there is beside the subject and the control.
 */
#include <stddef.h>

#include "companion.h"

static const struct companion none = {
	.name = "none",
};

static const struct companion child = {
	.name = "child",
	.region = "child",
	.child = CHILD_WRITES,
};

static const struct companion child_reads = {
	.name = "child_reads",
	.region = "child",
	.child = CHILD_READS,
};

static const struct companion child_idles = {
	.name = "child_idles",
	.region = "child",
	.child = CHILD_IDLES,
};

static const struct companion child_execs = {
	.name = "child_execs",
	.child = CHILD_EXECS,
};

static const struct companion child_exits = {
	.name = "child_exits",
	.child = CHILD_EXITS,
};

static const struct companion released = {
	.name = "released",
	.region = "released",
	.released = true,
};

const void *const companions[] = { &none,	 &child,       &child_reads,
				   &child_idles, &child_execs, &child_exits,
				   &released,	 NULL };
