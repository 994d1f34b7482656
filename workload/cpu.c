// SPDX-License-Identifier: GPL-2.0
/*
 * cpu.c - CPUs and their nodes.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cpu.h"
#include "node_folder.h"
#include "status.h"

cpu_set_t cpu_set_of(unsigned long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return set;
}

int cpu_bind_self(unsigned long cpu)
{
	cpu_set_t set = cpu_set_of(cpu);

	if (sched_setaffinity(0, sizeof(set), &set))
		return report_error(STATUS_FAIL, errno, "bind to CPU %lu", cpu);
	return STATUS_PASS;
}

static void schedule_by(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	sched_setscheduler(0, policy, &param);
}

void cpu_take(void)
{
	schedule_by(SCHED_FIFO, 1);
}

void cpu_share(void)
{
	schedule_by(SCHED_OTHER, 0);
}

/* The folder of a CPU has a link named after its node. */
static int find_node_link(DIR *folder)
{
	struct dirent *entry;
	int node;

	while ((entry = readdir(folder)))
		if (sscanf(entry->d_name, "node%d", &node) == 1)
			return node;
	return -1;
}

int cpu_find_node(unsigned long cpu, int *node)
{
	char path[64];
	DIR *folder;

	if (access(NODES_FOLDER, F_OK))
		return report_error(STATUS_SKIP, errno, NODES_FOLDER);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%lu", cpu);
	folder = opendir(path);
	if (!folder)
		return report_error(STATUS_FAIL, errno, "%s", path);
	*node = find_node_link(folder);
	closedir(folder);
	if (*node < 0)
		return report_error(STATUS_FAIL, 0, "CPU %lu is on no node",
				    cpu);
	return STATUS_PASS;
}
