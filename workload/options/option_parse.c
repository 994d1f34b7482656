// SPDX-License-Identifier: GPL-2.0
/*
 * option_parse.c - parse the command line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "options/option_bounds.h"
#include "options/option_checks.h"
#include "options/option_help.h"
#include "options/option_parse.h"
#include "options/option_refuse.h"
#include "options/option_table.h"
#include "options/option_values.h"
#include "page_kind.h"
#include "status.h"
#include "table.h"

/* Of digits only: strtoul takes signs and blanks, and wraps negative numbers. */
static bool read_number(const char *text, char **end, unsigned long *value)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoul(text, end, 10);
	return !errno;
}

static int parse_number(struct options *options,
			const struct number_option *number, const char *text)
{
	unsigned long max = number->max();
	unsigned long value;
	char *end;

	if (!read_number(text, &end, &value) || *end || value < number->min ||
	    value > max)
		return option_refuse("--%s=%s: allowed: %lu to %lu",
				     number->name, text, number->min, max);
	*(unsigned long *)((char *)options + number->field) = value;
	return STATUS_PASS;
}

static int parse_choice(struct options *options,
			const struct choice_option *choice, const char *text)
{
	const void *entry = table_find(choice->table, text);

	if (!entry)
		return option_refuse("--%s=%s: allowed: %s", choice->name, text,
				     table_names(choice->table));
	*(const void **)((char *)options + choice->field) = entry;
	return STATUS_PASS;
}

static bool read_cpus(struct options *options, const char *text)
{
	unsigned long cpu;
	char *end;

	for (options->writers = 0; options->writers < WRITERS_MAX;) {
		if (!read_number(text, &end, &cpu) || cpu > option_max_cpu())
			return false;
		options->writer_cpus[options->writers++] = cpu;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
		text = end + 1;
	}
	return false;
}

static int parse_cpus(struct options *options, const char *text)
{
	if (!read_cpus(options, text))
		return option_refuse("--writer-cpus=%s: allowed: CPUs from 0 "
				     "to %lu, at most %d, as in 4,5",
				     text, option_max_cpu(), WRITERS_MAX);
	return STATUS_PASS;
}

static int parse_table_option(struct options *options, int option)
{
	if (option >= OPTION_CHOICE)
		return parse_choice(options,
				    &choice_options[option - OPTION_CHOICE],
				    optarg);
	return parse_number(options, &number_options[option - OPTION_NUMBER],
			    optarg);
}

static int parse_option(struct options *options, int option, const char *word)
{
	switch (option) {
	case ':':
		return option_refuse("%s: needs a value; see --help", word);
	case '?':
		return option_refuse("%s: not an option; see --help", word);
	case OPTION_DIR:
		options->dir = optarg;
		return STATUS_PASS;
	case OPTION_TOUCH_FIRST:
		options->touch_first = true;
		return STATUS_PASS;
	case OPTION_WRITER_CPUS:
		return parse_cpus(options, optarg);
	case OPTION_VERSION:
		option_print_version();
		exit(STATUS_PASS);
	case OPTION_HELP:
		option_print_help();
		exit(STATUS_PASS);
	default:
		return parse_table_option(options, option);
	}
}

static int check(struct options *options)
{
	int status = option_check_required(options);

	if (page_kind_borrows(options->kind))
		options->touch_first = true;
	return status ?: option_check_together(options);
}

int option_parse(struct options *options, int argc, char **argv)
{
	const struct option *all = option_table_for_getopt();
	int status = STATUS_PASS;
	const char *word;
	int option;

	*options = options_default();
	while (!status) {
		/* The word it will look at: with "+" it takes them in order. */
		word = argv[optind];
		option = getopt_long(argc, argv, "+:", all, NULL);
		if (option == -1)
			break;
		status = parse_option(options, option, word);
	}
	if (!status && optind < argc)
		status = option_refuse("%s: not an option; see --help",
				       argv[optind]);
	return status ?: check(options);
}
