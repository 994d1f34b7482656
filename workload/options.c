// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line: parse it and check its bounds.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "access.h"
#include "companion.h"
#include "json.h"
#include "migrators/migrator.h"
#include "migrators/migrator_table.h"
#include "option_checks.h"
#include "options.h"
#include "page_kind.h"
#include "page_pin.h"
#include "pin.h"
#include "status.h"
#include "table.h"

#define WORKLOAD_VERSION "1.0.0"
#define DEFAULT_DIR "/tmp/pin/disk"

/* What getopt answers; a table's options are numbered from its first on. */
enum {
	OPTION_DIR = 1,
	OPTION_TOUCH_FIRST,
	OPTION_WRITER_CPUS,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_NUMBER = 1000,
	OPTION_CHOICE = 2000,
};

struct number_option {
	const char *name;
	size_t field;
	unsigned long min;
	unsigned long (*max)(void);
	const char *help;
};

/* A word of a table that each module has of its own. */
struct choice_option {
	const char *name;
	const char *value; /* as --help calls it */
	size_t field;
	const void *(*find)(const char *name);
	const char *(*names)(void);
	const char *help;
};

/* clang-format off */
#define NUMBER(field_, name_, min_, max_, help_) \
	{ .name = name_, .field = offsetof(struct options, field_), \
	  .min = min_, .max = max_, .help = help_ }

static const struct number_option numbers[] = {
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
};

#define CHOICE_FIND(module) \
	static const void *find_##module(const char *name) \
	{ \
		return module##_find(name); \
	}
CHOICE_FIND(access_mode)
CHOICE_FIND(companion)
CHOICE_FIND(migrator)
CHOICE_FIND(page_kind)
CHOICE_FIND(pin_method)

#define CHOICE(field_, name_, value_, module, help_) \
	{ .name = name_, .value = value_, \
	  .field = offsetof(struct options, field_), \
	  .find = find_##module, .names = module##_names, .help = help_ }

static const struct choice_option choices[] = {
	CHOICE(kind, "page-kind", "KIND", page_kind,
	       "what the pages are (default anon)"),
	CHOICE(pin, "pin", "METHOD", pin_method,
	       "how the subject is pinned (default none)"),
	CHOICE(companion, "companion", "WHAT", companion,
	       "a third region: a forked child's copies of the subject, or pages\n"
	       "that were pinned and are not any more (default none)"),
	CHOICE(migrator, "migrator", "HOW", migrator,
	       "what puts the pressure on the pages (default balancing)"),
	CHOICE(access, "access", "MODE", access_mode,
	       "what the writers do (default write)"),
};
/* clang-format on */

#define LONG_OPTIONS (ARRAY_SIZE(numbers) + ARRAY_SIZE(choices) + 6)

static struct option long_options[LONG_OPTIONS] = {
	{ "dir", required_argument, NULL, OPTION_DIR },
	{ "touch-first", no_argument, NULL, OPTION_TOUCH_FIRST },
	{ "writer-cpus", required_argument, NULL, OPTION_WRITER_CPUS },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
};

/* After those above; the last one stays zero. */
static void add_table_options(void)
{
	struct option *option = &long_options[5];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		*option++ = (struct option){
			.name = numbers[i].name,
			.has_arg = required_argument,
			.val = OPTION_NUMBER + i,
		};
	for (i = 0; i < ARRAY_SIZE(choices); i++)
		*option++ = (struct option){
			.name = choices[i].name,
			.has_arg = required_argument,
			.val = OPTION_CHOICE + i,
		};
}

static void print_help_text(const char *text)
{
	fputs("        ", stdout);
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("        ", stdout);
	}
	putchar('\n');
}

static void print_table_options(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		printf("  --%s=%s (%s)\n", choices[i].name, choices[i].value,
		       choices[i].names());
		print_help_text(choices[i].help);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		printf("  --%s=N (%lu to %lu)\n", numbers[i].name,
		       numbers[i].min, numbers[i].max());
		print_help_text(numbers[i].help);
	}
}

static void print_help(void)
{
	puts("Usage: pin_workload --pages=N --cpu=N [OPTION]...\n"
	     "Map two equal regions of memory, pin one, put both under pressure\n"
	     "to migrate and report where the kernel keeps each page.\n");
	print_table_options();
	printf("  --writer-cpus=N[,N]... (at most %d)\n", WRITERS_MAX);
	print_help_text(
		"CPUs of the threads that use the pages; for balancing\n"
		"those must be on other nodes than the pages");
	puts("  --touch-first");
	print_help_text("fault the subject in before it is pinned");
	puts("  --dir=PATH");
	print_help_text(
		"where --page-kind=file makes its files (default " DEFAULT_DIR
		")");
	puts("  --version\n"
	     "  --help\n\n"
	     "Events are printed on stdout, one JSON object a line.\n"
	     "SIGUSR1 applies the pressure, SIGUSR2 asks for a report, SIGHUP\n"
	     "unpins the subject, SIGTERM and SIGINT end the program with a final\n"
	     "report.\n"
	     "Exit codes: 0 done, 1 failed, 4 skipped (the kernel or a privilege is\n"
	     "lacking: CAP_SYS_ADMIN, CAP_IPC_LOCK).");
}

static void print_version(void)
{
	printf("pin_workload %s (events %d, page_pin ABI %d)\n",
	       WORKLOAD_VERSION, JSON_EVENT_VERSION, PAGE_PIN_ABI);
}

int options_refuse(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "pin_workload: %s\n", text);
	return report_error(STATUS_FAIL, 0, "%s", text);
}

/* Of digits only: strtoul takes signs and blanks, and wraps negative numbers. */
static bool read_number(const char *text, char **end, unsigned long *value)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoul(text, end, 10);
	return !errno;
}

static int parse_number(struct options *options, size_t i, const char *text)
{
	unsigned long max = numbers[i].max();
	unsigned long value;
	char *end;

	if (!read_number(text, &end, &value) || *end ||
	    value < numbers[i].min || value > max)
		return options_refuse("--%s=%s: allowed: %lu to %lu",
				      numbers[i].name, text, numbers[i].min,
				      max);
	*(unsigned long *)((char *)options + numbers[i].field) = value;
	return STATUS_PASS;
}

static int parse_choice(struct options *options, size_t i, const char *text)
{
	const void *choice = choices[i].find(text);

	if (!choice)
		return options_refuse("--%s=%s: allowed: %s", choices[i].name,
				      text, choices[i].names());
	*(const void **)((char *)options + choices[i].field) = choice;
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
		return options_refuse("--writer-cpus=%s: allowed: CPUs from 0 "
				      "to %lu, at most %d, as in 4,5",
				      text, option_max_cpu(), WRITERS_MAX);
	return STATUS_PASS;
}

static int parse_table_option(struct options *options, int option)
{
	if (option >= OPTION_CHOICE)
		return parse_choice(options, option - OPTION_CHOICE, optarg);
	return parse_number(options, option - OPTION_NUMBER, optarg);
}

static int parse_option(struct options *options, int option, const char *word)
{
	switch (option) {
	case ':':
		return options_refuse("%s: needs a value; see --help", word);
	case '?':
		return options_refuse("%s: not an option; see --help", word);
	case OPTION_DIR:
		options->dir = optarg;
		return STATUS_PASS;
	case OPTION_TOUCH_FIRST:
		options->touch_first = true;
		return STATUS_PASS;
	case OPTION_WRITER_CPUS:
		return parse_cpus(options, optarg);
	case OPTION_VERSION:
		print_version();
		exit(STATUS_PASS);
	case OPTION_HELP:
		print_help();
		exit(STATUS_PASS);
	default:
		return parse_table_option(options, option);
	}
}

size_t options_regions(const struct options *options)
{
	bool third = options->companion->released ||
		     (options->companion->forked && !options->kind->shared);

	return third ? 3 : 2;
}

static int check(struct options *options)
{
	int status = option_check_required(options);

	if (page_kind_borrows(options->kind))
		options->touch_first = true;
	return status ?: option_check_together(options);
}

int options_parse(struct options *options, int argc, char **argv)
{
	int status = STATUS_PASS;
	const char *word;
	int option;

	*options = (struct options){
		.kind = page_kind_find("anon"),
		.pin = pin_method_find("none"),
		.companion = companion_find("none"),
		.migrator = &migrator_balancing,
		.access = access_mode_find("write"),
		.dir = DEFAULT_DIR,
		.pages = OPTION_UNSET,
		.cpu = OPTION_UNSET,
		.home_node = OPTION_UNSET,
		.target_node = OPTION_UNSET,
		.scratch_pages = 128,
		.writer_delay_ms = OPTION_UNSET,
		.max_seconds = 3600,
	};
	add_table_options();
	while (!status) {
		/* The word it will look at: with "+" it takes them in order. */
		word = argv[optind];
		option = getopt_long(argc, argv, "+:", long_options, NULL);
		if (option == -1)
			break;
		status = parse_option(options, option, word);
	}
	if (!status && optind < argc)
		status = options_refuse("%s: not an option; see --help",
					argv[optind]);
	return status ?: check(options);
}
