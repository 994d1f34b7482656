// SPDX-License-Identifier: GPL-2.0
/*
 * memory_block.c - the blocks of memory that can be taken offline.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory_block.h"
#include "status.h"
#include "text_file.h"

#define MEMORY "/sys/devices/system/memory"
#define KPAGEFLAGS "/proc/kpageflags"

/* Free pages that CPUs keep for themselves look like some of the kernel's. */
#define UNKNOWN_MAX 256

static void block_path(char *path, size_t size, uint64_t block,
		       const char *name)
{
	snprintf(path, size, MEMORY "/memory%" PRIu64 "/%s", block, name);
}

int memory_block_read_size(uint64_t *pages)
{
	char text[32];
	int error =
		text_file_read(MEMORY "/block_size_bytes", text, sizeof(text));

	if (error)
		return report_error(STATUS_SKIP, -error,
				    "read " MEMORY "/block_size_bytes");
	*pages = strtoull(text, NULL, 16) / sysconf(_SC_PAGESIZE);
	if (!*pages)
		return report_error(STATUS_FAIL, EINVAL,
				    MEMORY "/block_size_bytes: %s", text);
	return STATUS_PASS;
}

void memory_block_read_zone(uint64_t block, char *zone, size_t size)
{
	char path[96], text[64] = "";

	block_path(path, sizeof(path), block, "valid_zones");
	*zone = '\0';
	if (text_file_read(path, text, sizeof(text)))
		return;
	text[strcspn(text, " \n")] = '\0';
	if (strcmp(text, "none"))
		snprintf(zone, size, "%s", text);
}

static bool flag(uint64_t flags, int bit)
{
	return flags >> bit & 1;
}

static bool are_movable(const uint64_t *flags, uint64_t pages)
{
	size_t unknown = 0;
	size_t i;

	for (i = 0; i < pages; i++)
		if (!flag(flags[i], KPF_BUDDY) && !flag(flags[i], KPF_LRU) &&
		    !flag(flags[i], KPF_ANON))
			unknown++;
	return unknown <= UNKNOWN_MAX;
}

bool memory_block_is_movable(uint64_t block, uint64_t pages)
{
	size_t bytes = pages * sizeof(uint64_t);
	uint64_t *flags = malloc(bytes);
	int file = open(KPAGEFLAGS, O_RDONLY | O_CLOEXEC);
	bool movable = false;
	char zone[16];

	memory_block_read_zone(block, zone, sizeof(zone));
	if (flags && *zone &&
	    pread(file, flags, bytes, (off_t)(block * bytes)) == (ssize_t)bytes)
		movable = are_movable(flags, pages);
	if (file >= 0)
		close(file);
	free(flags);
	return movable;
}

int memory_block_take_offline(uint64_t block)
{
	char path[96];

	block_path(path, sizeof(path), block, "online");
	return text_file_write(path, "0");
}

bool memory_block_is_offline(uint64_t block)
{
	char path[96], state[32] = "";

	block_path(path, sizeof(path), block, "state");
	return !text_file_read(path, state, sizeof(state)) &&
	       !strncmp(state, "offline", strlen("offline"));
}

/* As the kernel would by itself, but for movable zones it must be told. */
int memory_block_bring_back(uint64_t block, const char *zone)
{
	bool movable = !strcmp(zone, "Movable");
	char path[96];
	int error;

	block_path(path, sizeof(path), block, "state");
	error = text_file_write(path, movable ? "online_movable" : "online");
	if (error)
		return report_error(
			STATUS_FAIL, -error,
			"take memory block %" PRIu64 " online again", block);
	return STATUS_PASS;
}
