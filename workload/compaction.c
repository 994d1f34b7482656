// SPDX-License-Identifier: GPL-2.0
/*
 * compaction.c - free blocks are made by moving pages within a node.
 */
#include "migrator.h"
#include "status.h"

static int migrate(const struct migration *migration)
{
	return report_error(STATUS_SKIP, 0, "--migrator=%s: not written yet",
			    migration->migrator->name);
}

const struct migrator migrator_compaction = {
	.name = "compaction",
	.migrate = migrate,
};
