// SPDX-License-Identifier: GPL-2.0
/*
 * memory_block.c - the blocks of memory that can be taken offline.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "room/memory_block.h"
#include "node_folder.h"
#include "page_place.h"
#include "status.h"
#include "text_file.h"

#define MEMORY "/sys/devices/system/memory"
#define KPAGEFLAGS "/proc/kpageflags"

/*
 * Free pages that CPUs keep for themselves look like some of the kernel's:
 * neither have a flag.
 */
#define UNKNOWN_MAX 256

static uint64_t block_pages; /* in each block */

static void block_path(char *path, size_t size, uint64_t block,
		       const char *name)
{
	snprintf(path, size, MEMORY "/memory%" PRIu64 "/%s", block, name);
}

int memory_block_read_size(void)
{
	char text[32];
	int error =
		text_file_read(MEMORY "/block_size_bytes", text, sizeof(text));

	if (error)
		return report_error(STATUS_SKIP, -error,
				    "read " MEMORY "/block_size_bytes");
	block_pages = strtoull(text, NULL, 16) / sysconf(_SC_PAGESIZE);
	if (!block_pages)
		return report_error(STATUS_FAIL, EINVAL,
				    MEMORY "/block_size_bytes: %s", text);
	return STATUS_PASS;
}

uint64_t memory_block_of(const struct page_place *place)
{
	return place_known(place) ? place->pfn / block_pages : NO_BLOCK;
}

size_t memory_block_list(int node, uint64_t *blocks, size_t room)
{
	struct dirent *entry;
	size_t count = 0;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), NODES_FOLDER "/node%d", node);
	folder = opendir(path);
	if (!folder)
		return 0;
	while (count < room && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "memory%" SCNu64, &blocks[count]) ==
		    1)
			count++;
	closedir(folder);
	return count;
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

static bool is_free_or_of_users(uint64_t flags)
{
	return flag(flags, KPF_BUDDY) || flag(flags, KPF_LRU) ||
	       flag(flags, KPF_ANON);
}

static bool is_of_kernel(uint64_t flags)
{
	return flag(flags, KPF_SLAB) || flag(flags, KPF_PGTABLE);
}

static enum block_use use_of(const uint64_t *flags)
{
	size_t unknown = 0;
	size_t i;

	for (i = 0; i < block_pages; i++) {
		if (is_of_kernel(flags[i]))
			return BLOCK_OF_KERNEL;
		if (!is_free_or_of_users(flags[i]))
			unknown++;
	}
	return unknown <= UNKNOWN_MAX ? BLOCK_MOVABLE : BLOCK_UNCLEAR;
}

enum block_use memory_block_use(uint64_t block)
{
	size_t bytes = block_pages * sizeof(uint64_t);
	uint64_t *flags = malloc(bytes);
	int file = open(KPAGEFLAGS, O_RDONLY | O_CLOEXEC);
	enum block_use use = BLOCK_OF_KERNEL;
	char zone[16];

	memory_block_read_zone(block, zone, sizeof(zone));
	if (flags && *zone &&
	    pread(file, flags, bytes, (off_t)(block * bytes)) == (ssize_t)bytes)
		use = use_of(flags);
	if (file >= 0)
		close(file);
	free(flags);
	return use;
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
