// SPDX-License-Identifier: GPL-2.0
/*
 * cpuset.c - a control group of version 2: whose memory nodes change takes the
 * memory of its processes along.
 */
#include <unistd.h>

#include "cgroup.h"
#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "status.h"
#include "text_file.h"

static int check_controller(const struct migration *migration)
{
	(void)migration;
	return cgroup_check("cpuset");
}

static int set_up_group(int node)
{
	long last_cpu = sysconf(_SC_NPROCESSORS_CONF) - 1;
	int error = text_file_write(CGROUP "/cpuset.cpus", "0-%ld", last_cpu);

	if (error)
		return report_error(STATUS_FAIL, -error, "0-%ld to %s",
				    last_cpu, CGROUP "/cpuset.cpus");
	error = text_file_write(CGROUP "/cpuset.mems", "%d", node);
	if (error)
		return report_error(STATUS_FAIL, -error, "%d to %s", node,
				    CGROUP "/cpuset.mems");
	return STATUS_PASS;
}

static int enter_at_home(const struct migration *migration)
{
	int status = cgroup_make("cpuset");

	if (!status)
		status = set_up_group(migration->home_node);
	return status ?: cgroup_enter();
}

/*
 * The kernel moves the pages in a work item of its own, which the write waits
 * for (flush_workqueue() in kernel/cgroup/cpuset.c).
 */
static int migrate(const struct migration *migration)
{
	struct migrate_answers answers;

	migrate_answers_begin(&answers, "all", "call");
	answers.error = text_file_write(CGROUP "/cpuset.mems", "%d",
					migration->target_node);
	migrate_answers_count(&answers, answers.error);
	migrate_answers_report(&answers, migration);
	return STATUS_PASS;
}

static int finish(const struct migration *migration)
{
	(void)migration;
	return cgroup_undo();
}

const struct migrator migrator_cpuset = {
	.name = "cpuset",
	.needs_target = true,
	.before_regions = check_controller,
	.after_regions = enter_at_home,
	.migrate = migrate,
	.finish = finish,
};
