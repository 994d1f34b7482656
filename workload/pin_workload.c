// SPDX-License-Identifier: GPL-2.0
/*
 * pin_workload.c - the order of events.
 *
 * Equal regions are faulted in on one CPU, the subject pinned or not, the
 * control never. Then they are put under pressure to migrate: threads on CPUs
 * of another node use them, or the kernel is told to move them. The program
 * reports where the pages are; it judges nothing.
 */
#include "array_size.h"
#include "ask.h"
#include "options/option_parse.h"
#include "report/json.h"
#include "report/report_steps.h"
#include "status.h"
#include "steps/steps.h"
#include "workload.h"

/* What the program does, in this order; the first that fails ends it. */
/* clang-format off */
static int (*const steps[])(struct workload *w) = {
	bind_self,
	find_nodes,
	hold_balancing,
	check_writers,
	open_reader,
	allocate_buffers,
	fault_in_self,
	create_writers,
	check_pool,
	check_ksm,
	map_regions,
	begin_report,
	open_pins,
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
	wake_begin(&w->wake_times, &w->options);
	for (i = 0; !status && i < ARRAY_SIZE(steps); i++)
		status = steps[i](w);
	if (!status && json_broken())
		status = STATUS_FAIL;
	return status;
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
	unpinned = unpin_subject(w);
	released = unpin_released(w);
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
	wake_block_signals(&w.wake_times);
	json_setup();
	status = option_parse(&w.options, argc, argv) ?: run(&w);
	cleaned = clean_up(&w);
	status = status ?: cleaned;
	report_end(status);
	return json_broken() ? STATUS_FAIL : status;
}
