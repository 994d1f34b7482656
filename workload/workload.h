/* SPDX-License-Identifier: GPL-2.0 */
/*
 * workload.h - all that the program has.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>

#include "child.h"
#include "migrators/migration.h"
#include "node_roles.h"
#include "options/option_values.h"
#include "pin.h"
#include "place_reader.h"
#include "placement.h"
#include "region.h"
#include "wake.h"
#include "writer.h"

struct workload {
	struct options options;
	struct wake_times wake_times;
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

#endif /* WORKLOAD_H */
