// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line: parse it and check its bounds.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "options.h"
#include "page_pin.h"
#include "pin.h"
#include "report.h"
#include "status.h"

#define WORKLOAD_VERSION "1.0.0"
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define SECONDS_MAX 86400UL
#define RESERVE_PERCENT 5

enum { OPTION_PIN = 1, OPTION_VERSION, OPTION_HELP, OPTION_NUMBER };

struct number_option {
	const char *name;
	size_t field;
	unsigned long min;
	unsigned long (*max)(void);
	const char *help;
};

static unsigned long available_bytes(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib && kib < SIZE_MAX / 1024 ? kib * 1024 : SIZE_MAX;
}

static unsigned long available_pages(void)
{
	unsigned long bytes = available_bytes();

	/* The rest of the system, and what this program notes of each page. */
	bytes -= bytes / 100 * RESERVE_PERCENT;
	return bytes / sysconf(_SC_PAGESIZE);
}

static unsigned long max_pages(void)
{
	return available_pages() / 2; /* two regions */
}

static unsigned long max_cpu(void)
{
	unsigned long cpus = sysconf(_SC_NPROCESSORS_CONF);

	return (cpus < CPU_SETSIZE ? cpus : CPU_SETSIZE) - 1;
}

static unsigned long max_ms(void)
{
	return SECONDS_MAX * 1000;
}

static unsigned long max_seconds(void)
{
	return SECONDS_MAX;
}

/* clang-format off */
#define NUMBER(field_, name_, min_, max_, help_) \
	{ .name = name_, .field = offsetof(struct options, field_), \
	  .min = min_, .max = max_, .help = help_ }

static const struct number_option numbers[] = {
	NUMBER(pages, "pages", 1, max_pages,
	       "pages in each of the two regions, subject and control"),
	NUMBER(cpu, "cpu", 0, max_cpu,
	       "CPU that maps, pins and first touches the pages"),
	NUMBER(writer_cpu, "writer-cpu", 0, max_cpu,
	       "CPU of the writer, on another node"),
	NUMBER(scratch_pages, "scratch-pages", 0, available_pages,
	       "pages faulted in last, so that none of the regions' are left\n"
	       "in the CPU's LRU-add batch, where they can't move (default 128)"),
	NUMBER(writer_delay_ms, "writer-delay-ms", 0, max_ms,
	       "start the writer this long after ready, if SIGUSR1 has not\n"
	       "(default: on SIGUSR1 only)"),
	NUMBER(report_interval_ms, "report-interval-ms", 0, max_ms,
	       "report this often once the writer runs; 0: on SIGUSR2 only\n"
	       "(default 0)"),
	NUMBER(max_seconds, "max-seconds", 1, max_seconds,
	       "end by itself, as failed, after this long (default 3600)"),
};
/* clang-format on */

static struct option long_options[ARRAY_SIZE(numbers) + 4] = {
	{ "pin", required_argument, NULL, OPTION_PIN },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
};

static void add_number_options(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		long_options[3 + i] = (struct option){
			.name = numbers[i].name,
			.has_arg = required_argument,
			.val = OPTION_NUMBER + i,
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

static void print_help(void)
{
	size_t i;

	puts("Usage: pin_workload --pages=N --cpu=N --writer-cpu=N [OPTION]...\n"
	     "Map two equal regions of memory, pin one, write both from another\n"
	     "CPU and report where the kernel keeps each page.\n");
	printf("  --pin=METHOD (%s)\n", pin_method_names());
	print_help_text("how the subject is pinned (default none)");
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		printf("  --%s=N (%lu to %lu)\n", numbers[i].name,
		       numbers[i].min, numbers[i].max());
		print_help_text(numbers[i].help);
	}
	puts("  --version\n"
	     "  --help\n\n"
	     "Events are printed on stdout, one JSON object a line.\n"
	     "SIGUSR1 starts the writer, SIGUSR2 asks for a report, SIGTERM and\n"
	     "SIGINT end the program with a final report.\n"
	     "Exit codes: 0 done, 1 failed, 4 skipped (the kernel or a privilege is\n"
	     "lacking: CAP_SYS_ADMIN, CAP_IPC_LOCK).");
}

static void print_version(void)
{
	printf("pin_workload %s (events %d, page_pin ABI %d)\n",
	       WORKLOAD_VERSION, JSON_EVENT_VERSION, PAGE_PIN_ABI);
}

static int refuse(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static int refuse(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "pin_workload: %s\n", text);
	return report_error(STATUS_FAIL, 0, "%s", text);
}

static unsigned long *number_field(struct options *options, size_t i)
{
	return (unsigned long *)((char *)options + numbers[i].field);
}

static int parse_number(struct options *options, size_t i, const char *text)
{
	unsigned long max = numbers[i].max();
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	/* strtoul takes signs and blanks, and wraps negative numbers. */
	if (!isdigit((unsigned char)*text) || *end || errno ||
	    value < numbers[i].min || value > max)
		return refuse("--%s=%s: allowed: %lu to %lu", numbers[i].name,
			      text, numbers[i].min, max);
	*number_field(options, i) = value;
	return STATUS_PASS;
}

static int parse_pin(struct options *options, const char *text)
{
	options->pin = pin_method_find(text);
	if (!options->pin)
		return refuse("--pin=%s: allowed: %s", text,
			      pin_method_names());
	return STATUS_PASS;
}

static int parse_option(struct options *options, int option, const char *word)
{
	switch (option) {
	case ':':
		return refuse("%s: needs a value; see --help", word);
	case '?':
		return refuse("%s: not an option; see --help", word);
	case OPTION_PIN:
		return parse_pin(options, optarg);
	case OPTION_VERSION:
		print_version();
		exit(STATUS_PASS);
	case OPTION_HELP:
		print_help();
		exit(STATUS_PASS);
	default:
		return parse_number(options, option - OPTION_NUMBER, optarg);
	}
}

/* The bounds that more than one option decides. */
static int check_together(const struct options *options)
{
	unsigned long available = available_pages();
	unsigned long left = 0;

	if (options->pages <= available / 2)
		left = available - 2 * options->pages;
	if (options->scratch_pages > left)
		return refuse("--scratch-pages=%lu: allowed: 0 to %lu",
			      options->scratch_pages, left);
	return STATUS_PASS;
}

static int check_required(const struct options *options)
{
	if (options->pages == OPTION_UNSET)
		return refuse("--pages: must be given; see --help");
	if (options->cpu == OPTION_UNSET)
		return refuse("--cpu: must be given; see --help");
	if (options->writer_cpu == OPTION_UNSET)
		return refuse("--writer-cpu: must be given; see --help");
	return STATUS_PASS;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int status = STATUS_PASS;
	const char *word;
	int option;

	*options = (struct options){
		.pin = pin_method_find("none"),
		.pages = OPTION_UNSET,
		.cpu = OPTION_UNSET,
		.writer_cpu = OPTION_UNSET,
		.scratch_pages = 128,
		.writer_delay_ms = OPTION_UNSET,
		.max_seconds = 3600,
	};
	add_number_options();
	while (!status) {
		/* The word it will look at: with "+" it takes them in order. */
		word = argv[optind];
		option = getopt_long(argc, argv, "+:", long_options, NULL);
		if (option == -1)
			break;
		status = parse_option(options, option, word);
	}
	if (!status && optind < argc)
		status = refuse("%s: not an option; see --help", argv[optind]);
	if (!status)
		status = check_required(options);
	if (!status)
		status = check_together(options);
	return status;
}
