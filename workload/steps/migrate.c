// SPDX-License-Identifier: GPL-2.0
/*
 * migrate.c - the hooks of the migrator that was chosen.
 */
#include "migrators/migrator.h"
#include "report/report_steps.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

static int call(struct workload *w, migrator_hook hook)
{
	return hook ? hook(&w->migration) : STATUS_PASS;
}

int prepare_migrator(struct workload *w)
{
	w->migration.home_node = w->nodes.home;
	w->migration.target_node = w->nodes.target;
	return call(w, w->options.migrator->before_regions);
}

int between_regions(struct workload *w)
{
	return call(w, w->options.migrator->between_regions);
}

/* A migrator's control group takes the binding to a CPU away. */
int after_regions(struct workload *w)
{
	migrator_hook hook = w->options.migrator->after_regions;
	int status = call(w, hook);

	if (!status && hook)
		status = bind_self(w);
	if (!status && hook)
		status = writers_bind(&w->writers);
	return status;
}

int migrate(struct workload *w)
{
	struct migration *migration = &w->migration;
	int status;

	if (!migration->migrator->migrate)
		return STATUS_PASS;
	migration->round++;
	status = call(w, migration->migrator->migrate);
	if (!status)
		report_migrate_end(migration->round);
	return status;
}

/* A command line that was refused has chosen none. */
int finish_migrator(struct workload *w)
{
	if (!w->migration.migrator)
		return STATUS_PASS;
	return call(w, w->migration.migrator->finish);
}
