// SPDX-License-Identifier: GPL-2.0
/*
 * migrator_table.c - the migrators by their names.
 */
#include "migrators/migrator.h"
#include "migrators/migrator_table.h"
#include "table.h"

static const struct migrator *const migrators[] = {
	&migrator_balancing, &migrator_move_pages,   &migrator_migrate_pages,
	&migrator_mbind,     &migrator_cpuset,	     &migrator_compaction,
	&migrator_offline,   &migrator_soft_offline, &migrator_demotion,
	&migrator_reclaim,
};

const struct migrator *migrator_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(migrators); i++)
		if (!strcmp(migrators[i]->name, name))
			return migrators[i];
	return NULL;
}

const char *migrator_names(void)
{
	static char names[256];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(migrators); i++)
		table_add_name(names, sizeof(names), migrators[i]->name);
	return names;
}
