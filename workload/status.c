// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - the event of an error.
 */
#include <stdarg.h>
#include <stdio.h>

#include "report/json.h"
#include "status.h"

int report_error(int status, int error, const char *what, ...)
{
	char text[512];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	json_event_begin("error");
	json_string("what", text);
	json_errno(error);
	json_event_end();
	return status;
}
