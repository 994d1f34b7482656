// SPDX-License-Identifier: GPL-2.0
/*
 * access.c - how the pages are used, by the writers and by the child.
 */
#include <stdint.h>

#include "access.h"
#include "region.h"

static void write_page(const struct region *region, size_t page)
{
	volatile uint64_t *word = region_page(region, page);

	*word = *word + 1;
}

static void read_page(const struct region *region, size_t page)
{
	(void)*(volatile uint64_t *)region_page(region, page);
}

static const struct access_mode by_writing = {
	.name = "write",
	.use = write_page,
};

static const struct access_mode by_reading = {
	.name = "read",
	.use = read_page,
};

const void *const access_modes[] = { &by_writing, &by_reading, NULL };

void access_pass(const struct access_mode *mode,
		 const struct region *const *regions, size_t count)
{
	size_t page, i;

	for (page = 0; page < regions[0]->pages; page++)
		for (i = 0; i < count; i++)
			mode->use(regions[i], page);
}
