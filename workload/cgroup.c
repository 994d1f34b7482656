// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup.c - a control group of version 2 for this process alone.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "status.h"
#include "text_file.h"

#define CONTROLLERS CGROUP_ROOT "/cgroup.subtree_control"

/* What has been done, and is to be undone. */
static struct {
	const char
		*enabled; /* this controller, for the groups below the root */
	bool made;
	bool entered;
} done;

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

int cgroup_check(const char *controller)
{
	if (file_has_word(CGROUP_ROOT "/cgroup.controllers", controller))
		return STATUS_PASS;
	return report_error(STATUS_SKIP, 0,
			    CGROUP_ROOT "/cgroup.controllers: no %s; cgroup v2 "
					"with it is needed",
			    controller);
}

static int enable(const char *controller)
{
	int error;

	if (file_has_word(CONTROLLERS, controller))
		return STATUS_PASS;
	error = text_file_write(CONTROLLERS, "+%s", controller);
	if (error)
		return report_error(STATUS_FAIL, -error, "+%s to %s",
				    controller, CONTROLLERS);
	done.enabled = controller;
	return STATUS_PASS;
}

int cgroup_make(const char *controller)
{
	int status = enable(controller);

	if (status)
		return status;
	/* A program that was killed leaves it behind. */
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return report_error(STATUS_FAIL, errno, "make %s", CGROUP);
	done.made = true;
	return STATUS_PASS;
}

int cgroup_enter(void)
{
	int error = text_file_write(CGROUP "/cgroup.procs", "%d", getpid());

	if (error)
		return report_error(STATUS_FAIL, -error, "enter %s", CGROUP);
	done.entered = true;
	return STATUS_PASS;
}

/* Each part is undone whether or not another could be. */
int cgroup_undo(void)
{
	int status = STATUS_PASS;
	int error = 0;

	if (done.entered)
		error = text_file_write(CGROUP_ROOT "/cgroup.procs", "%d",
					getpid());
	if (error)
		status = report_error(STATUS_FAIL, -error, "leave %s", CGROUP);
	if (done.made && rmdir(CGROUP))
		status = report_error(STATUS_FAIL, errno, "remove %s", CGROUP);
	error = 0;
	if (done.enabled)
		error = text_file_write(CONTROLLERS, "-%s", done.enabled);
	if (error)
		status = report_error(STATUS_FAIL, -error, "-%s to %s",
				      done.enabled, CONTROLLERS);
	return status;
}
