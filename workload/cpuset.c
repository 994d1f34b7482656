// SPDX-License-Identifier: GPL-2.0
/*
 * cpuset.c - a control group of version 2: whose memory nodes change takes the
 * memory of its processes along.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "migrator.h"
#include "status.h"

#define ROOT "/sys/fs/cgroup"
#define GROUP ROOT "/pin_workload"
#define CONTROLLERS ROOT "/cgroup.subtree_control"

/* What has been done, and is to be undone. */
static struct {
	bool enabled;
	bool made;
	bool entered;
} done;

static int write_text(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Answers 0 or a negative errno. */
static int write_text(const char *path, const char *format, ...)
{
	char text[256];
	va_list args;
	int file, error = 0;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	if (write(file, text, strlen(text)) < 0)
		error = -errno;
	close(file);
	return error;
}

static bool file_has_word(const char *path, const char *word)
{
	bool found = false;
	char text[64];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && fscanf(file, "%63s", text) == 1)
		found = !strcmp(text, word);
	fclose(file);
	return found;
}

static int check_controller(const struct migration *migration)
{
	(void)migration;
	if (file_has_word(ROOT "/cgroup.controllers", "cpuset"))
		return STATUS_PASS;
	return report_error(STATUS_SKIP, 0,
			    ROOT "/cgroup.controllers: no cpuset; cgroup v2 "
				 "with it is needed");
}

static int enable(void)
{
	int error;

	if (file_has_word(CONTROLLERS, "cpuset"))
		return STATUS_PASS;
	error = write_text(CONTROLLERS, "+cpuset");
	if (error)
		return report_error(STATUS_FAIL, -error, "+cpuset to %s",
				    CONTROLLERS);
	done.enabled = true;
	return STATUS_PASS;
}

static int make_group(void)
{
	/* A program that was killed leaves it behind. */
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		return report_error(STATUS_FAIL, errno, "make %s", GROUP);
	done.made = true;
	return STATUS_PASS;
}

static int set_up_group(int node)
{
	long last_cpu = sysconf(_SC_NPROCESSORS_CONF) - 1;
	int error = write_text(GROUP "/cpuset.cpus", "0-%ld", last_cpu);

	if (error)
		return report_error(STATUS_FAIL, -error, "0-%ld to %s",
				    last_cpu, GROUP "/cpuset.cpus");
	error = write_text(GROUP "/cpuset.mems", "%d", node);
	if (error)
		return report_error(STATUS_FAIL, -error, "%d to %s", node,
				    GROUP "/cpuset.mems");
	return STATUS_PASS;
}

static int enter_group(void)
{
	int error = write_text(GROUP "/cgroup.procs", "%d", getpid());

	if (error)
		return report_error(STATUS_FAIL, -error, "enter %s", GROUP);
	done.entered = true;
	return STATUS_PASS;
}

static int enter_at_home(const struct migration *migration)
{
	int status = enable();

	if (!status)
		status = make_group();
	if (!status)
		status = set_up_group(migration->home_node);
	if (!status)
		status = enter_group();
	return status;
}

/* The kernel does the moving later, of its own. */
static int migrate(const struct migration *migration)
{
	struct migrate_answers answers;

	migrate_answers_begin(&answers, "all", "call");
	answers.error =
		write_text(GROUP "/cpuset.mems", "%d", migration->target_node);
	migrate_answers_count(&answers, answers.error);
	report_migrate(migration, &answers);
	return STATUS_PASS;
}

/* Each part is undone whether or not another could be. */
static int finish(const struct migration *migration)
{
	int status = STATUS_PASS;
	int error = 0;

	(void)migration;
	if (done.entered)
		error = write_text(ROOT "/cgroup.procs", "%d", getpid());
	if (error)
		status = report_error(STATUS_FAIL, -error, "leave %s", GROUP);
	if (done.made && rmdir(GROUP))
		status = report_error(STATUS_FAIL, errno, "remove %s", GROUP);
	error = done.enabled ? write_text(CONTROLLERS, "-cpuset") : 0;
	if (error)
		status = report_error(STATUS_FAIL, -error, "-cpuset to %s",
				      CONTROLLERS);
	return status;
}

const struct migrator migrator_cpuset = {
	.name = "cpuset",
	.needs_target = true,
	.before_regions = check_controller,
	.after_regions = enter_at_home,
	.migrate = migrate,
	.finish = finish,
};
