// SPDX-License-Identifier: GPL-2.0
/*
 * mbind.c - mbind(2): a policy for a region, and its pages made to follow it.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "node_set.h"
#include "status.h"

static void bind_region(const struct migration *migration,
			const struct region *region)
{
	struct node_set to = node_set_of(migration->target_node);
	struct migrate_answers answers;

	migrate_answers_begin(&answers, region->name, "call");
	/* Strict: EIO if a page could not be moved. */
	if (syscall(SYS_mbind, region->start, region_bytes(region), MPOL_BIND,
		    to.bits, NODE_SET_BITS, MPOL_MF_MOVE | MPOL_MF_STRICT))
		answers.error = -errno;
	migrate_answers_count(&answers, answers.error);
	migrate_answers_report(&answers, migration);
}

static int migrate(const struct migration *migration)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		bind_region(migration, migration->regions[i]);
	return STATUS_PASS;
}

const struct migrator migrator_mbind = {
	.name = "mbind",
	.needs_target = true,
	.migrate = migrate,
};
