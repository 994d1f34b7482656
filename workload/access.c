// SPDX-License-Identifier: GPL-2.0
/*
 * access.c - how the pages are used, by the writers and by the child.
 */
#include <stdint.h>

#include "access.h"
#include "region.h"
#include "table.h"

static void write_page(const struct region *region, size_t page)
{
	volatile uint64_t *word = region_page(region, page);

	*word = *word + 1;
}

static void read_page(const struct region *region, size_t page)
{
	(void)*(volatile uint64_t *)region_page(region, page);
}

static const struct access_mode modes[] = {
	{ .name = "write", .use = write_page },
	{ .name = "read", .use = read_page },
};

const struct access_mode *access_mode_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(modes[i].name, name))
			return &modes[i];
	return NULL;
}

const char *access_mode_names(void)
{
	static char names[32];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		table_add_name(names, sizeof(names), modes[i].name);
	return names;
}

void access_pass(const struct access_mode *mode,
		 const struct region *const *regions, size_t count)
{
	size_t page, i;

	for (page = 0; page < regions[0]->pages; page++)
		for (i = 0; i < count; i++)
			mode->use(regions[i], page);
}
