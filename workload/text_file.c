// SPDX-License-Identifier: GPL-2.0
/*
 * text_file.c - the small files of sysfs, proc and cgroups.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text_file.h"

int text_file_read(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	int error;

	if (file < 0)
		return -errno;
	length = read(file, text, size - 1);
	error = length < 0 ? -errno : 0;
	close(file);
	text[error ? 0 : length] = '\0';
	return error;
}

/* In one write(2): each is a request to the kernel of its own. */
int text_file_write(const char *path, const char *format, ...)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	char text[256];
	va_list args;
	int error;

	if (file < 0)
		return -errno;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error = write(file, text, strlen(text)) < 0 ? -errno : 0;
	close(file);
	return error;
}
