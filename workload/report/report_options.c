// SPDX-License-Identifier: GPL-2.0
/*
 * report_options.c - the event of what the program was told to do.
 */
#include <unistd.h>

#include "access.h"
#include "companion.h"
#include "migrators/migrator.h"
#include "node_roles.h"
#include "options/option_values.h"
#include "page_kind.h"
#include "pin.h"
#include "report/json.h"
#include "report/report_options.h"

static void put_writer_cpus(const struct options *options)
{
	size_t i;

	json_array_begin("writer_cpus");
	for (i = 0; i < options->writers; i++)
		json_number(NULL, options->writer_cpus[i]);
	json_array_end();
}

void report_begin(const struct options *options, const struct node_roles *nodes)
{
	json_event_begin("begin");
	json_number("pid", getpid());
	json_number("page_size", sysconf(_SC_PAGESIZE));
	json_number("pages", options->pages);
	json_string("page_kind", options->kind->name);
	json_string("pin", options->pin->name);
	json_string("companion", options->companion->name);
	json_string("migrator", options->migrator->name);
	json_number("cpu", options->cpu);
	json_number("cpu_node", nodes->cpu);
	json_number("home_node", nodes->home);
	json_number("target_node", nodes->target);
	put_writer_cpus(options);
	json_number("writer_node", nodes->writer);
	json_string("access", options->access->name);
	json_number("scratch_pages", options->scratch_pages);
	json_event_end();
}
