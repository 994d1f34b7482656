/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text_file.h - the small files of sysfs, proc and cgroups.
 */
#ifndef TEXT_FILE_H
#define TEXT_FILE_H

#include <stddef.h>

/* Both answer 0 or a negative errno; a text read ends with a NUL. */
int text_file_read(const char *path, char *text, size_t size);
int text_file_write(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* TEXT_FILE_H */
