// SPDX-License-Identifier: GPL-2.0
/*
 * pin_workload.c - the order of events.
 *
 * Equal regions are faulted in on one CPU, the subject pinned or not, the
 * control never. Then they are put under pressure to migrate: threads on CPUs
 * of another node use them, or the kernel is told to move them. The program
 * reports where the pages are; it judges nothing.
 */
#include <stdbool.h>

#include "ask.h"
#include "balancing_hold.h"
#include "companion.h"
#include "cpu.h"
#include "faults.h"
#include "json.h"
#include "huge_pool.h"
#include "ksm.h"
#include "options/option_parse.h"
#include "page_kind.h"
#include "page_kind_table.h"
#include "region_map.h"
#include "status.h"
#include "table.h"
#include "array_size.h"
#include "workload.h"

int workload_call(struct workload *w, migrator_hook hook)
{
	return hook ? hook(&w->migration) : STATUS_PASS;
}

int workload_unpin(struct pin *pin)
{
	int error;

	if (!pin->pinned)
		return STATUS_PASS;
	error = pin_release(pin);
	report_unpin(pin->region, error);
	if (error)
		return report_error(STATUS_FAIL, -error, "unpin the %s region",
				    pin->region->name);
	return STATUS_PASS;
}

static int bind_self(struct workload *w)
{
	return cpu_bind_self(w->options.cpu);
}

/* What an option leaves open follows from the CPUs. */
static int find_nodes(struct workload *w)
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
static int check_writers(struct workload *w)
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

static int open_reader(struct workload *w)
{
	return place_reader_open(&w->reader, 0);
}

static int allocate(struct workload *w)
{
	const struct options *options = &w->options;
	struct place_reader *reader = &w->reader;
	int status = STATUS_PASS;
	size_t i;

	w->count = COMPANION;
	if (options->companion->forked || options->companion->released)
		w->count++;
	for (i = 0; !status && i < w->count; i++) {
		if (i == COMPANION && options->companion->forked)
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

static int fault_in_self(struct workload *w)
{
	(void)w;
	return faults_take_own();
}

static int create_writers(struct workload *w)
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

static int check_pool(struct workload *w)
{
	return huge_pool_check(w->options.kind, w->nodes.home,
			       options_regions(&w->options) * w->options.pages);
}

static int check_ksm(struct workload *w)
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

static int map_regions(struct workload *w)
{
	const struct options *options = &w->options;
	int status = map_region(w, SUBJECT, "subject");

	if (!status)
		status = map_region(w, CONTROL, "control");
	if (!status && options->companion->released)
		status = map_region(w, COMPANION, options->companion->name);
	if (!status)
		status = region_map(&w->scratch, "scratch",
				    options->scratch_pages,
				    table_find(page_kinds, "anon"), NULL);
	return status;
}

static int begin(struct workload *w)
{
	int status;

	report_begin(&w->options, &w->nodes);
	status = pin_open(&w->pin);
	if (!status && w->options.companion->released)
		status = pin_open_as(&w->released_pin, &w->pin);
	return status;
}

static int prepare_migrator(struct workload *w)
{
	w->migration.home_node = w->nodes.home;
	w->migration.target_node = w->nodes.target;
	return workload_call(w, w->options.migrator->before_regions);
}

/* Early: a page that was marked before would still fault while it is counted. */
static int hold_balancing(struct workload *w)
{
	const struct node_roles *nodes = &w->nodes;

	return balancing_hold(nodes->home == nodes->cpu ? -1 : nodes->home,
			      &w->balancing_held);
}

static int release_balancing(struct workload *w)
{
	return balancing_release(&w->balancing_held);
}

static int between_regions(struct workload *w)
{
	return workload_call(w, w->options.migrator->between_regions);
}

static int fault_in_scratch(struct workload *w)
{
	region_touch(&w->scratch);
	return STATUS_PASS;
}

/* A migrator's control group takes the binding to a CPU away. */
static int after_regions(struct workload *w)
{
	migrator_hook hook = w->options.migrator->after_regions;
	int status = workload_call(w, hook);

	if (!status && hook)
		status = bind_self(w);
	if (!status && hook)
		status = writers_bind(&w->writers);
	return status;
}

static int unpin_released(struct workload *w)
{
	return workload_unpin(&w->released_pin);
}

static int start_child(struct workload *w)
{
	const struct options *options = &w->options;
	const struct child_work work = {
		.region = &w->regions[SUBJECT],
		.access = options->migrator->needs_writer ? options->access :
							    NULL,
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
	region->name = w->options.companion->name;
	region->pid = w->child.pid;
	region->reserved = NULL;
	w->migration.regions[w->migration.count++] = region;
}

static int fork_child(struct workload *w)
{
	int status;

	if (!w->options.companion->forked)
		return STATUS_PASS;
	status = region_keep_from_child(&w->regions[CONTROL]);
	if (!status)
		status = region_keep_from_child(&w->scratch);
	if (!status)
		status = start_child(w);
	if (status)
		return status;
	add_child_region(w);
	return place_reader_open(&w->child_reader, w->child.pid);
}

/* After the pin, which may itself move pages first. */
static int take_baseline(struct workload *w)
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
			    placement_count_baseline(placement, node),
			    placement->region->pages, placement->region->name,
			    node, home);
}

/* A page that is elsewhere, for want of room, has no way to move. */
static int check_baseline(struct workload *w)
{
	int status = STATUS_PASS;
	size_t i;

	for (i = 0; !status && i < w->count; i++)
		status = check_at_home(&w->placements[i], w->nodes.home);
	return status;
}

/* What the program does, in this order; the first that fails ends it. */
/* clang-format off */
static int (*const steps[])(struct workload *w) = {
	bind_self,
	find_nodes,
	hold_balancing,
	check_writers,
	open_reader,
	allocate,
	fault_in_self,
	create_writers,
	check_pool,
	check_ksm,
	map_regions,
	begin,
	prepare_migrator,
	fault_in_merged,
	fault_in_subject,
	fault_in_released,
	between_regions,
	fault_in_control,
	fault_in_scratch,
	after_regions,
	unpin_released,
	fork_child,
	take_baseline,
	check_baseline,
	release_balancing,
	watch,
};
/* clang-format on */

static int run(struct workload *w)
{
	int status = STATUS_PASS;
	size_t i;

	w->migration.migrator = w->options.migrator;
	schedule_begin(&w->schedule, &w->options);
	for (i = 0; !status && i < ARRAY_SIZE(steps); i++)
		status = steps[i](w);
	if (!status && json_broken())
		status = STATUS_FAIL;
	return status;
}

/* A command line that was refused has chosen none. */
static int finish_migrator(struct workload *w)
{
	if (!w->migration.migrator)
		return STATUS_PASS;
	return workload_call(w, w->migration.migrator->finish);
}

static void free_all(struct workload *w)
{
	size_t i;

	pin_close(&w->released_pin);
	pin_close(&w->pin);
	for (i = 0; i < REGIONS_MAX; i++) {
		region_unmap(&w->regions[i]);
		placement_free(&w->placements[i]);
	}
	region_unmap(&w->scratch);
	place_reader_close(&w->child_reader);
	place_reader_close(&w->reader);
}

/* Undo whatever has been done, be it all or nothing. */
static int clean_up(struct workload *w)
{
	int unpinned, released, finished;

	writers_stop(&w->writers);
	child_stop(&w->child);
	unpinned = workload_unpin(&w->pin);
	released = workload_unpin(&w->released_pin);
	finished = finish_migrator(w);
	free_all(w);
	return unpinned ?: released ?: finished;
}

int main(int argc, char **argv)
{
	static struct workload w;
	int status, cleaned;

	if (ask_is_wanted(argc, argv))
		return ask(argc - 1, argv + 1);
	schedule_block_signals(&w.schedule);
	json_setup();
	status = option_parse(&w.options, argc, argv) ?: run(&w);
	cleaned = clean_up(&w);
	status = status ?: cleaned;
	report_end(status);
	return json_broken() ? STATUS_FAIL : status;
}
