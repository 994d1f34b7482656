// SPDX-License-Identifier: GPL-2.0
/*
 * demotion.c - reclaim moves pages to a slower node.
 */
#include "migrator.h"
#include "status.h"

static int migrate(const struct migration *migration)
{
	return report_error(STATUS_SKIP, 0, "--migrator=%s: not written yet",
			    migration->migrator->name);
}

const struct migrator migrator_demotion = {
	.name = "demotion",
	.migrate = migrate,
};
