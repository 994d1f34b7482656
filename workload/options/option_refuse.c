// SPDX-License-Identifier: GPL-2.0
/*
 * option_refuse.c - refuse a command line.
 */
#include <stdarg.h>
#include <stdio.h>

#include "options/option_refuse.h"
#include "status.h"

int option_refuse(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "pin_workload: %s\n", text);
	return report_error(STATUS_FAIL, 0, "%s", text);
}
