// SPDX-License-Identifier: GPL-2.0
/*
 * baseline.c - where the pages are before the pressure.
 */
#include "page_place.h"
#include "report/report_placement.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

/* After the pin, which may itself move pages first. */
int take_baseline(struct workload *w)
{
	struct placement *placement;
	int status = STATUS_PASS;
	size_t i;

	for (i = 0; !status && i < w->count; i++)
		status = placement_read_baseline(&w->placements[i]);
	for (i = 0; !status && i < w->count; i++) {
		placement = &w->placements[i];
		report_placement("baseline", placement, placement->baseline);
	}
	return status;
}

static int check_at_home(const struct placement *placement, int home)
{
	int node = placement_other_node(placement, home);

	if (node < 0)
		return STATUS_PASS;
	return report_error(STATUS_FAIL, 0,
			    "%zu of %zu %s pages are on node %d, not %d, at "
			    "the baseline",
			    page_place_count(placement->baseline,
					     placement->region->pages, node),
			    placement->region->pages, placement->region->name,
			    node, home);
}

/* A page that is elsewhere, for want of room, has no way to move. */
int check_baseline(struct workload *w)
{
	int status = STATUS_PASS;
	size_t i;

	for (i = 0; !status && i < w->count; i++)
		status = check_at_home(&w->placements[i], w->nodes.home);
	return status;
}
