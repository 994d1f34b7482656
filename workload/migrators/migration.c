// SPDX-License-Identifier: GPL-2.0
/*
 * migration.c - what several migrators do with the regions.
 */
#include "migrators/migration.h"
#include "page_kind.h"

void migration_map_shared(const struct migration *migration)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		if (migration->regions[i]->kind->shared)
			region_read(migration->regions[i]);
}
