/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_table.h - the options, as they are parsed and as --help prints them.
 */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <getopt.h>
#include <stddef.h>

/* What getopt answers; those of a table are numbered from its first on. */
enum {
	OPTION_DIR = 1,
	OPTION_TOUCH_FIRST,
	OPTION_WRITER_CPUS,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_NUMBER = 1000,
	OPTION_CHOICE = 2000,
};

/* A number of struct options, which is at the offset of the field. */
struct number_option {
	const char *name;
	size_t field;
	unsigned long min;
	unsigned long (*max)(void);
	const char *help;
};

/* A name of a table (table.h). */
struct choice_option {
	const char *name;
	const char *value; /* as --help calls it */
	size_t field;
	const void *const *table;
	const char *help;
};

/* The last of each has no name. */
extern const struct number_option number_options[];
extern const struct choice_option choice_options[];

/* All options, for getopt_long(3). */
const struct option *option_table_for_getopt(void);

#endif /* OPTION_TABLE_H */
