// SPDX-License-Identifier: GPL-2.0
/*
 * cpus.c - the CPUs of the program's threads, and the nodes these are on.
 */
#include "balancing_hold.h"
#include "cpu.h"
#include "migrators/migrator.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

int bind_self(struct workload *w)
{
	return cpu_bind_self(w->options.cpu);
}

/* What an option leaves open follows from the CPUs. */
int find_nodes(struct workload *w)
{
	const struct options *options = &w->options;
	struct node_roles *nodes = &w->nodes;
	int status = cpu_find_node(options->cpu, &nodes->cpu);

	nodes->writer = -1;
	if (!status && options->writers)
		status = cpu_find_node(options->writer_cpus[0], &nodes->writer);
	nodes->home = options->home_node == OPTION_UNSET ?
			      nodes->cpu :
			      (int)options->home_node;
	nodes->target = options->target_node == OPTION_UNSET ?
				nodes->writer :
				(int)options->target_node;
	return status;
}

/* A writer at home gives balancing no reason to move anything. */
int check_writers(struct workload *w)
{
	const struct options *options = &w->options;
	int status = STATUS_PASS;
	int node = -1;
	size_t i;

	if (!options->migrator->needs_writer)
		return STATUS_PASS;
	for (i = 0; !status && i < options->writers; i++) {
		status = cpu_find_node(options->writer_cpus[i], &node);
		if (!status && node == w->nodes.home)
			status = report_error(STATUS_FAIL, 0,
					      "--writer-cpus=%lu is on node "
					      "%d, where the pages are: "
					      "allowed: CPUs of other nodes",
					      options->writer_cpus[i], node);
	}
	return status;
}

/* Early: a page that was marked before would still fault while it is counted. */
int hold_balancing(struct workload *w)
{
	const struct node_roles *nodes = &w->nodes;

	return balancing_hold(nodes->home == nodes->cpu ? -1 : nodes->home,
			      &w->balancing_held);
}

int release_balancing(struct workload *w)
{
	return balancing_release(&w->balancing_held);
}
