// SPDX-License-Identifier: GPL-2.0
/*
 * set_up.c - all that is needed before the first page of a region is there.
 */
#include "companion.h"
#include "huge_pool.h"
#include "ksm.h"
#include "page_kind.h"
#include "page_kind_table.h"
#include "region_map.h"
#include "report/report_options.h"
#include "status.h"
#include "steps/steps.h"
#include "table.h"
#include "workload.h"

int open_reader(struct workload *w)
{
	return place_reader_open(&w->reader, 0);
}

int allocate_buffers(struct workload *w)
{
	const struct options *options = &w->options;
	struct place_reader *reader = &w->reader;
	int status = STATUS_PASS;
	size_t i;

	w->count = COMPANION;
	if (options->companion->region)
		w->count++;
	for (i = 0; !status && i < w->count; i++) {
		if (i == COMPANION && options->companion->child)
			reader = &w->child_reader;
		status = placement_alloc(&w->placements[i], &w->regions[i],
					 reader, options->pages);
	}
	if (!status)
		status = pin_prepare(&w->pin, options->pin,
				     &w->regions[SUBJECT], options->pages);
	if (!status && options->companion->released)
		status = pin_prepare(&w->released_pin, options->pin,
				     &w->regions[COMPANION], options->pages);
	return status;
}

int create_writers(struct workload *w)
{
	const struct options *options = &w->options;
	struct writer_work *work = &w->writers.work;
	int status = STATUS_PASS;
	size_t i;

	w->used[work->count++] = &w->regions[SUBJECT];
	w->used[work->count++] = &w->regions[CONTROL];
	if (options->companion->released)
		w->used[work->count++] = &w->regions[COMPANION];
	work->regions = w->used;
	work->access = options->access;
	work->balancing_held = w->balancing_held;
	for (i = 0; !status && i < options->writers; i++)
		status = writers_add(&w->writers, options->writer_cpus[i]);
	return status;
}

int check_pool(struct workload *w)
{
	return huge_pool_check(w->options.kind, w->nodes.home,
			       options_regions(&w->options) * w->options.pages);
}

int check_ksm(struct workload *w)
{
	return w->options.kind->merged ? ksm_check() : STATUS_PASS;
}

static int map_region(struct workload *w, int which, const char *name)
{
	const struct options *options = &w->options;
	int status = region_map(&w->regions[which], name, options->pages,
				options->kind, options->dir);

	w->migration.regions[w->migration.count++] = &w->regions[which];
	return status;
}

int map_regions(struct workload *w)
{
	const struct options *options = &w->options;
	int status = map_region(w, SUBJECT, "subject");

	if (!status)
		status = map_region(w, CONTROL, "control");
	if (!status && options->companion->released)
		status = map_region(w, COMPANION, options->companion->region);
	if (!status)
		status = region_map(&w->scratch, "scratch",
				    options->scratch_pages,
				    table_find(page_kinds, "anon"), NULL);
	return status;
}

int begin_report(struct workload *w)
{
	report_begin(&w->options, &w->nodes);
	return STATUS_PASS;
}

int open_pins(struct workload *w)
{
	int status = pin_open(&w->pin);

	if (!status && w->options.companion->released)
		status = pin_open_as(&w->released_pin, &w->pin);
	return status;
}
