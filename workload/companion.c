// SPDX-License-Identifier: GPL-2.0
/*
 * companion.c - a third region, to see what the subject's pin does to it.
 */
#include "companion.h"
#include "table.h"

static const struct companion companions[] = {
	{ .name = "none" },
	{ .name = "child", .forked = true },
	{ .name = "released", .released = true },
};

const struct companion *companion_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(companions); i++)
		if (!strcmp(companions[i].name, name))
			return &companions[i];
	return NULL;
}

const char *companion_names(void)
{
	static char names[32];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(companions); i++)
		table_add_name(names, sizeof(names), companions[i].name);
	return names;
}
