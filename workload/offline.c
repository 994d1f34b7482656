// SPDX-License-Identifier: GPL-2.0
/*
 * offline.c - memory blocks are taken offline, and so emptied.
 */
#include "migrator.h"
#include "status.h"

static int migrate(const struct migration *migration)
{
	return report_error(STATUS_SKIP, 0, "--migrator=%s: not written yet",
			    migration->migrator->name);
}

const struct migrator migrator_offline = {
	.name = "offline",
	.migrate = migrate,
};
