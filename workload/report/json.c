// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - write JSON objects, one a line, on stdout.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report/json.h"

#define NS_PER_MS 1000000L
#define NS_PER_SECOND 1000000000L

static char output_buffer[1 << 16];
static bool need_comma;
static bool broken;

void json_setup(void)
{
	/* A buffer of our own: stdio would fault one in at the first line. */
	setvbuf(stdout, output_buffer, _IOFBF, sizeof(output_buffer));
}

static void write_escaped(const char *text)
{
	const unsigned char *c;

	for (c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
}

static void write_key(const char *key)
{
	if (need_comma)
		putchar(',');
	need_comma = true;
	if (key)
		printf("\"%s\":", key);
}

static void open_bracket(const char *key, char bracket)
{
	write_key(key);
	putchar(bracket);
	need_comma = false;
}

static void close_bracket(char bracket)
{
	putchar(bracket);
	need_comma = true;
}

void json_object_begin(const char *key)
{
	open_bracket(key, '{');
}

void json_object_end(void)
{
	close_bracket('}');
}

void json_array_begin(const char *key)
{
	open_bracket(key, '[');
}

void json_array_end(void)
{
	close_bracket(']');
}

void json_number(const char *key, long long value)
{
	write_key(key);
	printf("%lld", value);
}

void json_string(const char *key, const char *value)
{
	json_pieces_begin(key);
	write_escaped(value);
	json_pieces_end();
}

void json_null(const char *key)
{
	write_key(key);
	fputs("null", stdout);
}

void json_errno(int error)
{
	json_number("errno", error);
	json_string("error", error ? strerror(error) : "");
}

void json_pieces_begin(const char *key)
{
	write_key(key);
	putchar('"');
}

void json_piece(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void json_pieces_end(void)
{
	putchar('"');
}

struct timespec json_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now;
}

void json_time(const char *key, struct timespec time)
{
	write_key(key);
	printf("%lld.%03ld", (long long)time.tv_sec, time.tv_nsec / NS_PER_MS);
}

void json_time_after(const char *key, struct timespec time)
{
	time.tv_nsec += NS_PER_MS - 1;
	if (time.tv_nsec >= NS_PER_SECOND) {
		time.tv_nsec -= NS_PER_SECOND;
		time.tv_sec++;
	}
	json_time(key, time);
}

void json_event_begin_at(const char *event, struct timespec time)
{
	need_comma = false;
	json_object_begin(NULL);
	json_number("v", JSON_EVENT_VERSION);
	json_time("t", time);
	json_string("event", event);
}

void json_event_begin(const char *event)
{
	json_event_begin_at(event, json_now());
}

void json_event_end(void)
{
	json_object_end();
	putchar('\n');
	if ((fflush(stdout) || ferror(stdout)) && !broken) {
		broken = true;
		fprintf(stderr, "pin_workload: stdout: %s\n", strerror(errno));
	}
}

bool json_broken(void)
{
	return broken;
}
