// SPDX-License-Identifier: GPL-2.0
/*
 * pin_workload.c - the order of events.
 *
 * Two equal regions are faulted in on one CPU, the subject pinned or not, the
 * control never. Then a thread on another CPU writes both for ever, which makes
 * the kernel want to move them to that CPU's node. The program reports where
 * the pages are; it judges nothing.
 */
#include <stdbool.h>

#include "balancing.h"
#include "cpu.h"
#include "faults.h"
#include "json.h"
#include "options.h"
#include "pin.h"
#include "place_reader.h"
#include "placement.h"
#include "region.h"
#include "report.h"
#include "schedule.h"
#include "status.h"
#include "writer.h"

struct workload {
	struct options options;
	struct schedule schedule;
	struct region subject;
	struct region control;
	struct region scratch;
	struct place_reader reader;
	struct placement subject_placement;
	struct placement control_placement;
	struct pin pin;
	struct writer writer;
	int cpu_node;
	int writer_node;
	bool balancing_held;
	unsigned int reports;
};

static int bind_self(struct workload *w)
{
	return cpu_bind_self(w->options.cpu);
}

static int find_nodes(struct workload *w)
{
	int status = cpu_find_node(w->options.cpu, &w->cpu_node);

	if (!status)
		status = cpu_find_node(w->options.writer_cpu, &w->writer_node);
	if (!status && w->cpu_node == w->writer_node)
		status = report_error(STATUS_FAIL, 0,
				      "--cpu=%lu and --writer-cpu=%lu are both "
				      "on node %d: allowed: two nodes",
				      w->options.cpu, w->options.writer_cpu,
				      w->cpu_node);
	return status;
}

static int open_reader(struct workload *w)
{
	return place_reader_open(&w->reader);
}

static int allocate(struct workload *w)
{
	size_t pages = w->options.pages;
	int status;

	status = placement_alloc(&w->subject_placement, &w->subject, pages);
	if (!status)
		status = placement_alloc(&w->control_placement, &w->control,
					 pages);
	if (!status)
		status = pin_prepare(&w->pin, w->options.pin, &w->subject,
				     pages);
	return status;
}

static int fault_in_self(struct workload *w)
{
	(void)w;
	return faults_take_own();
}

static int create_writer(struct workload *w)
{
	return writer_create(&w->writer, w->options.writer_cpu, &w->subject,
			     &w->control);
}

static int map_regions(struct workload *w)
{
	size_t pages = w->options.pages;
	int status = region_map(&w->subject, "subject", pages);

	if (!status)
		status = region_map(&w->control, "control", pages);
	if (!status)
		status = region_map(&w->scratch, "scratch",
				    w->options.scratch_pages);
	return status;
}

static int begin(struct workload *w)
{
	report_begin(&w->options, w->cpu_node, w->writer_node);
	return pin_open(&w->pin);
}

/* After the writer is made, which would inherit it. */
static int hold_balancing(struct workload *w)
{
	return balancing_hold(&w->balancing_held);
}

static int release_balancing(struct workload *w)
{
	return balancing_release(&w->balancing_held);
}

/* The pin itself faults the subject in. */
static int pin_subject(struct workload *w)
{
	long faults = faults_minor();
	int error = pin_region(&w->pin);

	report_pin(w->options.pin, error, faults_minor() - faults);
	if (error)
		return report_error(STATUS_FAIL, -error, "pin the subject");
	return STATUS_PASS;
}

static int touch_subject(struct workload *w)
{
	long faults = faults_minor();

	region_touch(&w->subject);
	report_touch(faults_minor() - faults);
	return STATUS_PASS;
}

static int fault_in_subject(struct workload *w)
{
	if (pin_pins(w->options.pin))
		return pin_subject(w);
	return touch_subject(w);
}

static int fault_in_others(struct workload *w)
{
	region_touch(&w->control);
	region_touch(&w->scratch);
	return STATUS_PASS;
}

/* After the pin, which may itself move pages first. */
static int take_baseline(struct workload *w)
{
	struct placement *subject = &w->subject_placement;
	struct placement *control = &w->control_placement;
	int status = placement_read_baseline(subject, &w->reader);

	if (!status)
		status = placement_read_baseline(control, &w->reader);
	if (status)
		return status;
	report_placement("baseline", &w->subject, subject->baseline);
	report_placement("baseline", &w->control, control->baseline);
	return STATUS_PASS;
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
	int status = check_at_home(&w->subject_placement, w->cpu_node);

	if (!status)
		status = check_at_home(&w->control_placement, w->cpu_node);
	return status;
}

static int update_placements(struct workload *w, unsigned int *asked)
{
	unsigned int asked_control = 0;
	int status;

	status = placement_update(&w->subject_placement, &w->reader, asked);
	if (!status)
		status = placement_update(&w->control_placement, &w->reader,
					  &asked_control);
	if (asked_control > *asked)
		*asked = asked_control;
	return status;
}

static int report_now(struct workload *w, const char *reason)
{
	struct timespec begin = json_now();
	struct pin_holding holding;
	unsigned int asked;
	int status = update_placements(w, &asked);

	if (status)
		return status;
	pin_compare(&w->pin, w->subject_placement.now, &holding);
	report_sample(&(struct sample){
		.begin = begin,
		.end = json_now(),
		.seq = ++w->reports,
		.reason = reason,
		.passes = atomic_load(&w->writer.passes),
		.asked = asked,
		.subject = &w->subject_placement,
		.control = &w->control_placement,
		.holding = &holding,
	});
	return STATUS_PASS;
}

static int report_final(struct workload *w)
{
	int status = report_now(w, "final");

	if (status)
		return status;
	report_placement("final", &w->subject, w->subject_placement.now);
	report_placement("final", &w->control, w->control_placement.now);
	return STATUS_PASS;
}

static void start_writer(struct workload *w)
{
	if (w->writer.started)
		return;
	/* Reported first: no write is earlier than the time of the event. */
	report_write_start(w->writer.tid);
	writer_start(&w->writer);
	schedule_reports(&w->schedule, &w->options);
}

static int watch(struct workload *w)
{
	int status = STATUS_PASS;

	report_ready();
	schedule_write(&w->schedule, &w->options);
	while (!status && !json_broken()) {
		switch (schedule_wait(&w->schedule)) {
		case WAKE_WRITE:
			start_writer(w);
			break;
		case WAKE_REQUEST:
			status = report_now(w, "request");
			break;
		case WAKE_INTERVAL:
			status = report_now(w, "interval");
			break;
		case WAKE_STOP:
			return report_final(w);
		case WAKE_EXPIRED:
			status = report_error(STATUS_FAIL, 0,
					      "max-seconds reached");
			report_final(w);
			break;
		}
	}
	return status;
}

/* What the program does, in this order; the first that fails ends it. */
/* clang-format off */
static int (*const steps[])(struct workload *w) = {
	bind_self,
	find_nodes,
	open_reader,
	allocate,
	fault_in_self,
	create_writer,
	map_regions,
	begin,
	hold_balancing,
	fault_in_subject,
	fault_in_others,
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

	schedule_begin(&w->schedule, &w->options);
	for (i = 0; !status && i < sizeof(steps) / sizeof(steps[0]); i++)
		status = steps[i](w);
	if (!status && json_broken())
		status = STATUS_FAIL;
	return status;
}

static int unpin_subject(struct workload *w)
{
	int error;

	if (!w->pin.pinned)
		return STATUS_PASS;
	error = pin_release(&w->pin);
	report_unpin(error);
	if (error)
		return report_error(STATUS_FAIL, -error, "unpin the subject");
	return STATUS_PASS;
}

/* Undo whatever has been done, be it all or nothing. */
static int clean_up(struct workload *w)
{
	int status;

	writer_stop(&w->writer);
	status = unpin_subject(w);
	pin_close(&w->pin);
	region_unmap(&w->subject);
	region_unmap(&w->control);
	region_unmap(&w->scratch);
	placement_free(&w->subject_placement);
	placement_free(&w->control_placement);
	place_reader_close(&w->reader);
	return status;
}

int main(int argc, char **argv)
{
	static struct workload w;
	int status, cleaned;

	schedule_block_signals(&w.schedule);
	json_setup();
	status = options_parse(&w.options, argc, argv) ?: run(&w);
	cleaned = clean_up(&w);
	status = status ?: cleaned;
	report_end(status);
	return json_broken() ? STATUS_FAIL : status;
}
