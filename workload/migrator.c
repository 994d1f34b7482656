// SPDX-License-Identifier: GPL-2.0
/*
 * migrator.c - the table of the migrators, and the count of their answers.
 */
#include "json.h"
#include "migrator.h"
#include "page_kind.h"
#include "table.h"

/* Needs no hook: the kernel itself moves what the writers use. */
const struct migrator migrator_balancing = {
	.name = "balancing",
	.needs_writer = true,
	.takes_child = true,
};

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

void migration_map_shared(const struct migration *migration)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		if (migration->regions[i]->kind->shared)
			region_read(migration->regions[i]);
}

void migrate_answers_begin(struct migrate_answers *answers, const char *region,
			   const char *unit)
{
	*answers = (struct migrate_answers){
		.begin = json_now(),
		.region = region,
		.unit = unit,
		.not_moved = -1,
	};
}

void migrate_answers_count(struct migrate_answers *answers, int key)
{
	size_t i = 0;

	while (i < answers->kinds && answers->counts[i].key != key)
		i++;
	if (i == MIGRATE_KINDS_MAX)
		return;
	if (i == answers->kinds) {
		answers->counts[i].key = key;
		answers->kinds++;
	}
	answers->counts[i].count++;
}
