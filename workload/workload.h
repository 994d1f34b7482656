/* SPDX-License-Identifier: GPL-2.0 */
/*
 * workload.h - all that the program has, and the parts of what it does.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>

#include "child.h"
#include "migrators/migrator.h"
#include "options/options.h"
#include "pin.h"
#include "place_reader.h"
#include "placement.h"
#include "region.h"
#include "report.h"
#include "schedule.h"
#include "writer.h"

struct workload {
	struct options options;
	struct schedule schedule;
	struct node_roles nodes;
	struct region regions[REGIONS_MAX];
	struct placement placements[REGIONS_MAX]; /* of those */
	size_t count; /* regions, with a companion or without */
	struct region scratch;
	struct place_reader reader;
	struct place_reader child_reader;
	struct pin pin;
	struct pin released_pin;
	const struct region *used[REGIONS_MAX]; /* by the writers */
	struct writers writers;
	struct child child;
	struct migration migration;
	bool balancing_held;
	unsigned int reports;
};

/* Both answer a status. */
int workload_call(struct workload *w, migrator_hook hook);
int workload_unpin(struct pin *pin); /* one that pins nothing is left alone */

/* fault_in.c: how the pages come to be there. These answer a status. */
int fault_in_merged(struct workload *w); /* of a kind that is merged */
int fault_in_subject(struct workload *w);
int fault_in_released(struct workload *w);
int fault_in_control(struct workload *w);

/* watch.c: the pressure and the reports, until the end. Answers a status. */
int watch(struct workload *w);

#endif /* WORKLOAD_H */
