// SPDX-License-Identifier: GPL-2.0
/*
 * option_table.c - the options, as they are parsed and as --help prints them.
 */
#include "access.h"
#include "array_size.h"
#include "companion.h"
#include "migrators/migrator_table.h"
#include "options/option_bounds.h"
#include "options/option_table.h"
#include "options/option_values.h"
#include "page_kind_table.h"
#include "pin_table.h"

/* clang-format off */
#define NUMBER(field_, name_, min_, max_, help_) \
	{ .name = name_, .field = offsetof(struct options, field_), \
	  .min = min_, .max = max_, .help = help_ }

const struct number_option number_options[] = {
	NUMBER(pages, "pages", 1, option_max_pages,
	       "base pages in each region: subject, control and companion"),
	NUMBER(cpu, "cpu", 0, option_max_cpu,
	       "CPU that maps, pins and first touches the pages"),
	NUMBER(home_node, "home-node", 0, option_max_node,
	       "node the pages are first on (default: the CPU's)"),
	NUMBER(target_node, "target-node", 0, option_max_node,
	       "node to move them to (default: the first writer CPU's)"),
	NUMBER(scratch_pages, "scratch-pages", 0, option_max_scratch,
	       "pages faulted in last, so that none of the regions' are left\n"
	       "in the CPU's LRU-add batch, where they can't move (default 128)"),
	NUMBER(writer_delay_ms, "writer-delay-ms", 0, option_max_ms,
	       "apply the pressure this long after ready, if SIGUSR1 has not\n"
	       "(default: on SIGUSR1 only)"),
	NUMBER(report_interval_ms, "report-interval-ms", 0, option_max_ms,
	       "report this often under pressure; 0: on SIGUSR2 only\n"
	       "(default 0)"),
	NUMBER(max_seconds, "max-seconds", 1, option_max_seconds,
	       "end by itself, as failed, after this long (default 3600)"),
	{ .name = NULL },
};

#define CHOICE(field_, name_, value_, table_, help_) \
	{ .name = name_, .value = value_, \
	  .field = offsetof(struct options, field_), \
	  .table = table_, .help = help_ }

const struct choice_option choice_options[] = {
	CHOICE(kind, "page-kind", "KIND", page_kinds,
	       "what the pages are (default anon)"),
	CHOICE(pin, "pin", "METHOD", pin_methods,
	       "how the subject is pinned (default none)"),
	CHOICE(companion, "companion", "WHAT", companions,
	       "a third region: a forked child's copies of the subject, or pages\n"
	       "that were pinned and are not any more; or a child that has no\n"
	       "copies any more (default none)"),
	CHOICE(migrator, "migrator", "HOW", migrators,
	       "what puts the pressure on the pages (default balancing)"),
	CHOICE(access, "access", "MODE", access_modes,
	       "what the writers do (default write)"),
	{ .name = NULL },
};
/* clang-format on */

#define PLAIN_OPTIONS 5
/* Both tables have one at their ends that is none. */
#define LONG_OPTIONS                                  \
	(PLAIN_OPTIONS + ARRAY_SIZE(number_options) + \
	 ARRAY_SIZE(choice_options))

static struct option long_options[LONG_OPTIONS] = {
	{ "dir", required_argument, NULL, OPTION_DIR },
	{ "touch-first", no_argument, NULL, OPTION_TOUCH_FIRST },
	{ "writer-cpus", required_argument, NULL, OPTION_WRITER_CPUS },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
};

/* After those above; the last one stays zero. */
const struct option *option_table_for_getopt(void)
{
	struct option *option = &long_options[PLAIN_OPTIONS];
	size_t i;

	for (i = 0; number_options[i].name; i++)
		*option++ = (struct option){
			.name = number_options[i].name,
			.has_arg = required_argument,
			.val = OPTION_NUMBER + i,
		};
	for (i = 0; choice_options[i].name; i++)
		*option++ = (struct option){
			.name = choice_options[i].name,
			.has_arg = required_argument,
			.val = OPTION_CHOICE + i,
		};
	return long_options;
}
