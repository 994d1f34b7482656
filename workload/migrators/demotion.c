// SPDX-License-Identifier: GPL-2.0
/*
 * demotion.c - the kernel reclaims a control group's memory, and moves its
 * pages to a lower memory tier rather than swap them out.
 *
 * Without a lower tier than the home node's, and without swap, nothing happens.
 * Pages are charged to the group that the process is in when they are faulted
 * in, so it enters before that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "deadline.h"
#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "status.h"
#include "text_file.h"

#define DEMOTION_ENABLED "/sys/kernel/mm/numa/demotion_enabled"
#define CURRENT CGROUP "/memory.current"
#define RECLAIM CGROUP "/memory.reclaim"

/* 1000 pages that can't be reclaimed take 2.5 s in an emulated guest. */
#define RECLAIM_SECONDS 10

static int check_demotion(void)
{
	char text[16];
	int error = text_file_read(DEMOTION_ENABLED, text, sizeof(text));

	if (error)
		return report_error(STATUS_SKIP, -error,
				    "read " DEMOTION_ENABLED
				    " (since Linux 5.15)");
	if (strncmp(text, "true", strlen("true")))
		return report_error(STATUS_SKIP, 0,
				    DEMOTION_ENABLED ": %.*s, not true",
				    (int)strcspn(text, "\n"), text);
	return STATUS_PASS;
}

static int check_reclaim(void)
{
	if (!access(RECLAIM, W_OK))
		return STATUS_PASS;
	return report_error(STATUS_SKIP, errno, "%s (since Linux 5.19)",
			    RECLAIM);
}

static int enter(const struct migration *migration)
{
	int status = check_demotion();

	(void)migration;
	if (!status)
		status = cgroup_check("memory");
	if (!status)
		status = cgroup_make("memory");
	if (!status)
		status = check_reclaim();
	return status ?: cgroup_enter();
}

/* All that there is: then the kernel tries each page, and more than once. */
static int reclaim_all(void)
{
	char bytes[32];
	int error = text_file_read(CURRENT, bytes, sizeof(bytes));

	return error ?:
		       text_file_write(RECLAIM, "%llu",
				       strtoull(bytes, NULL, 10));
}

static int demote(const struct migration *migration)
{
	struct migrate_answers answers;
	struct deadline deadline;
	int status = deadline_make(&deadline);

	if (status)
		return status;
	migrate_answers_begin(&answers, "all", "call");
	deadline_begin(&deadline, RECLAIM_SECONDS);
	answers.error = reclaim_all();
	deadline_end(&deadline);
	migrate_answers_count(&answers, answers.error);
	migrate_answers_report(&answers, migration);
	deadline_free(&deadline);
	migration_map_shared(migration);
	return STATUS_PASS;
}

static int finish(const struct migration *migration)
{
	(void)migration;
	return cgroup_undo();
}

const struct migrator migrator_demotion = {
	.name = "demotion",
	.before_regions = enter,
	.migrate = demote,
	.finish = finish,
};
