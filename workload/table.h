/* SPDX-License-Identifier: GPL-2.0 */
/*
 * table.h - tables whose entries have a name, as options offer them.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Append a name: "none, driver". What does not fit is cut. */
static inline void table_add_name(char *names, size_t size, const char *name)
{
	size_t used = strlen(names);

	snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
}

#endif /* TABLE_H */
