// SPDX-License-Identifier: GPL-2.0
/*
 * migrate_pages.c - migrate_pages(2): all of this process that is on a node.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "node_set.h"
#include "status.h"

static int migrate(const struct migration *migration)
{
	struct node_set from = node_set_of(migration->home_node);
	struct node_set to = node_set_of(migration->target_node);
	struct migrate_answers answers;
	long result;

	migrate_answers_begin(&answers, "all", "call");
	result = syscall(SYS_migrate_pages, 0, NODE_SET_BITS, from.bits,
			 to.bits);
	if (result < 0)
		answers.error = -errno;
	else
		answers.not_moved = result;
	migrate_answers_count(&answers, answers.error);
	migrate_answers_report(&answers, migration);
	return STATUS_PASS;
}

const struct migrator migrator_migrate_pages = {
	.name = "migrate_pages",
	.needs_target = true,
	.migrate = migrate,
};
