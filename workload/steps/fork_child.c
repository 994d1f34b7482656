// SPDX-License-Identifier: GPL-2.0
/*
 * fork_child.c - a child, and its copies of the subject as a region, if it is
 * to have them.
 */
#include "access.h"
#include "companion.h"
#include "migrators/migrator.h"
#include "report/report_steps.h"
#include "status.h"
#include "table.h"
#include "steps/steps.h"
#include "workload.h"

/* What it does under pressure: one that only reads never writes. */
static const struct access_mode *child_access(const struct options *options)
{
	if (!options->migrator->needs_writer)
		return NULL;
	if (options->companion->child == CHILD_WRITES)
		return options->access;
	if (options->companion->child == CHILD_READS)
		return table_find(access_modes, "read");
	return NULL;
}

static int start_child(struct workload *w)
{
	const struct options *options = &w->options;
	const struct child_work work = {
		.does = options->companion->child,
		.region = &w->regions[SUBJECT],
		.access = child_access(options),
		.cpu = options->writer_cpus[0],
		.device = w->pin.device,
		.balancing_held = w->balancing_held,
	};
	int error = child_start(&w->child, &work);

	report_fork(w->child.pid, error);
	if (error)
		return report_error(STATUS_FAIL, -error, "fork a child");
	return STATUS_PASS;
}

/* The child has its copies at the addresses of the subject. */
static void add_child_region(struct workload *w)
{
	struct region *region = &w->regions[COMPANION];

	*region = w->regions[SUBJECT];
	region->name = w->options.companion->region;
	region->pid = w->child.pid;
	region->reserved = NULL;
	w->migration.regions[w->migration.count++] = region;
}

int fork_child(struct workload *w)
{
	int status;

	if (!w->options.companion->child)
		return STATUS_PASS;
	status = region_keep_from_child(&w->regions[CONTROL]);
	if (!status)
		status = region_keep_from_child(&w->scratch);
	if (!status)
		status = start_child(w);
	if (status || !w->options.companion->region)
		return status;
	add_child_region(w);
	return place_reader_open(&w->child_reader, w->child.pid);
}
