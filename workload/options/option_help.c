// SPDX-License-Identifier: GPL-2.0
/*
 * option_help.c - what --help and --version print.
 */
#include <stdio.h>

#include "report/json.h"
#include "options/option_help.h"
#include "options/option_table.h"
#include "options/option_values.h"
#include "page_pin.h"
#include "table.h"

#define WORKLOAD_VERSION "1.0.0"

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

static void print_choices(void)
{
	const struct choice_option *choice;

	for (choice = choice_options; choice->name; choice++) {
		printf("  --%s=%s (%s)\n", choice->name, choice->value,
		       table_names(choice->table));
		print_help_text(choice->help);
	}
}

static void print_numbers(void)
{
	const struct number_option *number;

	for (number = number_options; number->name; number++) {
		printf("  --%s=N (%lu to %lu)\n", number->name, number->min,
		       number->max());
		print_help_text(number->help);
	}
}

void option_print_help(void)
{
	puts("Usage: pin_workload --pages=N --cpu=N [OPTION]...\n"
	     "Map two equal regions of memory, pin one, put both under pressure\n"
	     "to migrate and report where the kernel keeps each page.\n");
	print_choices();
	print_numbers();
	printf("  --writer-cpus=N[,N]... (at most %d)\n", WRITERS_MAX);
	print_help_text(
		"CPUs of the threads that use the pages; for balancing\n"
		"those must be on other nodes than the pages");
	puts("  --touch-first");
	print_help_text("fault the subject in before it is pinned");
	puts("  --dir=PATH");
	print_help_text(
		"where --page-kind=file makes its files (default " OPTION_DEFAULT_DIR
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

void option_print_version(void)
{
	printf("pin_workload %s (events %d, page_pin ABI %d)\n",
	       WORKLOAD_VERSION, JSON_EVENT_VERSION, PAGE_PIN_ABI);
}
