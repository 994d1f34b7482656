// SPDX-License-Identifier: GPL-2.0
/*
 * companion.c - a third region, to see what the subject's pin does to it.
 */
#include <stddef.h>

#include "companion.h"

static const struct companion none = {
	.name = "none",
};

static const struct companion child = {
	.name = "child",
	.forked = true,
};

static const struct companion released = {
	.name = "released",
	.released = true,
};

const void *const companions[] = { &none, &child, &released, NULL };
