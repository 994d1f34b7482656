// SPDX-License-Identifier: GPL-2.0
/*
 * report_steps.c - the events of what the program does, step by step.
 */
#include "region.h"
#include "report/json.h"
#include "report/report_steps.h"
#include "writer.h"

void report_touch(const struct region *region, long minor_faults)
{
	json_event_begin("touch");
	json_string("region", region->name);
	json_number("minor_faults", minor_faults);
	json_event_end();
}

void report_fork(pid_t pid, int error)
{
	json_event_begin("fork");
	json_number("pid", pid);
	json_errno(-error);
	json_event_end();
}

void report_ready(void)
{
	json_event_begin("ready");
	json_event_end();
}

void report_write_start(const struct writers *writers)
{
	size_t i;

	json_event_begin("write_start");
	json_array_begin("writer_tids");
	for (i = 0; i < writers->count; i++)
		json_number(NULL, writers->list[i].tid);
	json_array_end();
	json_event_end();
}

void report_migrate_end(unsigned int round)
{
	json_event_begin("migrate_end");
	json_number("round", round);
	json_event_end();
}

void report_end(int status)
{
	json_event_begin("end");
	json_number("exit", status);
	json_event_end();
}
