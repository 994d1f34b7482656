// SPDX-License-Identifier: GPL-2.0
/*
 * migrator_table.c - the migrators by their names.
 */
#include <stddef.h>

#include "migrators/migrator.h"
#include "migrators/migrator_table.h"

const void *const migrators[] = {
	&migrator_balancing,
	&migrator_move_pages,
	&migrator_migrate_pages,
	&migrator_mbind,
	&migrator_cpuset,
	&migrator_compaction,
	&migrator_offline,
	&migrator_soft_offline,
	&migrator_demotion,
	&migrator_reclaim,
	NULL,
};
