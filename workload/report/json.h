/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json.h - write JSON objects, one a line, on stdout.
 *
 * Members are written in the order of the calls. A key of NULL writes an
 * element of an array.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <time.h>

/* Raised when a reader of the events must be changed. */
#define JSON_EVENT_VERSION 2

void json_setup(void);

/* An event's line: the version, the time since boot and the event's name. */
void json_event_begin(const char *event);
void json_event_begin_at(const char *event, struct timespec time);
void json_event_end(void);

void json_object_begin(const char *key);
void json_object_end(void);
void json_array_begin(const char *key);
void json_array_end(void);

void json_number(const char *key, long long value);
void json_string(const char *key, const char *value);
void json_null(const char *key);

/* The members errno and error: its text, empty for 0. */
void json_errno(int error);

/* Seconds since boot, cut to ms as an event's time is, or rounded up. */
struct timespec json_now(void);
void json_time(const char *key, struct timespec time);
void json_time_after(const char *key, struct timespec time);

/* A string written in pieces; the pieces must need no escapes. */
void json_pieces_begin(const char *key);
void json_piece(const char *format, ...) __attribute__((format(printf, 1, 2)));
void json_pieces_end(void);

/* True once a line could not be written. */
bool json_broken(void);

#endif /* JSON_H */
