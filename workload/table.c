// SPDX-License-Identifier: GPL-2.0
/*
 * table.c - find what an option names.
 */
#include <stdio.h>
#include <string.h>

#include "table.h"

static const char *name_of(const void *entry)
{
	return *(const char *const *)entry;
}

const void *table_find(const void *const *table, const char *name)
{
	for (; *table; table++)
		if (!strcmp(name_of(*table), name))
			return *table;
	return NULL;
}

const char *table_names(const void *const *table)
{
	static char names[256];
	size_t used = 0;

	/* What does not fit is cut. */
	for (; *table && used < sizeof(names); table++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s",
				 used ? ", " : "", name_of(*table));
	return names;
}
