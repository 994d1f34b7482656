// SPDX-License-Identifier: GPL-2.0
/*
 * place_reader.c - ask the kernel where each page of a region is: the frame by
 * /proc/PID/pagemap, the node by move_pages(2).
 *
 * Neither answers at all times. A page that is being migrated has no frame. The
 * frame is read before and after the node: only when both agree do the frame
 * and the node belong together. Pages without an answer are asked again.
 *
 * Some kernels (6.1) answer no node for a page that waits for a NUMA hinting
 * fault, and it waits until it is touched, which is for ever before the writer
 * runs. A frame stays on its node, so then the frame tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "frame_nodes.h"
#include "own_memory.h"
#include "page_place.h"
#include "place_reader.h"
#include "region.h"
#include "status.h"

#define CHUNK_PAGES 4096
#define ASK_ROUNDS 200
#define ASK_PAUSE_NS 1000000

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAP (1ULL << 62)
#define PAGEMAP_SWAP_TYPE 31
#define PAGEMAP_PFN ((1ULL << 55) - 1)

/*
 * Swap areas have types from 0 up. A page that is being migrated looks like one
 * in an area of one of the last types.
 */
#define SWAP_AREAS_MAX 16

/* What the kernel said of one chunk. */
struct place_answers {
	uint64_t before[CHUNK_PAGES]; /* pagemap, of all its pages */
	uint64_t after[CHUNK_PAGES];
	size_t count; /* pages without a place yet */
	size_t page[CHUNK_PAGES]; /* which those are */
	void *addr[CHUNK_PAGES];
	int node[CHUNK_PAGES];
};

struct chunk {
	const struct region *region;
	struct page_place *places; /* of the region */
	size_t first;
	size_t count;
};

static const struct page_place unknown_place = { .pfn = 0, .node = -1 };

static uint64_t frame_of(uint64_t entry)
{
	return entry & PAGEMAP_PRESENT ? entry & PAGEMAP_PFN : 0;
}

static bool is_swapped(uint64_t entry)
{
	return !(entry & PAGEMAP_PRESENT) && entry & PAGEMAP_SWAP &&
	       (entry & PAGEMAP_SWAP_TYPE) < SWAP_AREAS_MAX;
}

static int read_pagemap(const struct place_reader *reader, const void *addr,
			uint64_t *entries, size_t count)
{
	size_t page = (uintptr_t)addr / sysconf(_SC_PAGESIZE);
	size_t bytes = count * sizeof(*entries);
	ssize_t done = pread(reader->pagemap, entries, bytes,
			     (off_t)(page * sizeof(*entries)));

	if (done == (ssize_t)bytes)
		return STATUS_PASS;
	return report_error(STATUS_FAIL, done < 0 ? errno : EIO,
			    "read /proc/%d/pagemap", reader->pid ?: getpid());
}

static int ask_nodes(pid_t pid, struct place_answers *answers)
{
	if (!syscall(SYS_move_pages, pid, answers->count, answers->addr, NULL,
		     answers->node, 0))
		return STATUS_PASS;
	return report_error(errno == ENOSYS ? STATUS_SKIP : STATUS_FAIL, errno,
			    "move_pages");
}

static void list_unknown(struct place_answers *answers,
			 const struct chunk *chunk)
{
	size_t page;

	answers->count = 0;
	for (page = chunk->first; page < chunk->first + chunk->count; page++) {
		if (place_answered(&chunk->places[page]))
			continue;
		answers->page[answers->count] = page;
		answers->addr[answers->count] =
			region_page(chunk->region, page);
		answers->count++;
	}
}

/* The place by the i-th answer; entry: where its pagemap entries are. */
static struct page_place answered_place(const struct place_reader *reader,
					size_t i, size_t entry)
{
	const struct place_answers *answers = reader->answers;
	uint64_t pfn = frame_of(answers->before[entry]);
	int node = answers->node[i];

	if (is_swapped(answers->before[entry]) &&
	    answers->before[entry] == answers->after[entry])
		return (struct page_place){ .node = -1, .swapped = true };
	if (!pfn || pfn != frame_of(answers->after[entry]))
		return unknown_place;
	if (node < 0)
		node = frame_nodes_find(&reader->frame_nodes, pfn);
	if (node < 0)
		return unknown_place;
	return (struct page_place){ .pfn = pfn, .node = node };
}

static size_t take_answers(const struct place_reader *reader,
			   const struct chunk *chunk)
{
	const struct place_answers *answers = reader->answers;
	size_t unknown = 0;
	size_t i;

	for (i = 0; i < answers->count; i++) {
		size_t page = answers->page[i];

		chunk->places[page] =
			answered_place(reader, i, page - chunk->first);
		if (!place_answered(&chunk->places[page]))
			unknown++;
	}
	return unknown;
}

/* Ask for the pages of a chunk that are not known; add those that still are. */
static int ask_chunk(struct place_reader *reader, const struct chunk *chunk,
		     size_t *unknown)
{
	struct place_answers *answers = reader->answers;
	const void *addr = region_page(chunk->region, chunk->first);
	int status;

	list_unknown(answers, chunk);
	if (!answers->count)
		return STATUS_PASS;
	status = read_pagemap(reader, addr, answers->before, chunk->count);
	if (!status)
		status = ask_nodes(reader->pid, answers);
	if (!status)
		status = read_pagemap(reader, addr, answers->after,
				      chunk->count);
	if (!status)
		*unknown += take_answers(reader, chunk);
	return status;
}

static int ask_round(struct place_reader *reader, const struct region *region,
		     struct page_place *places, size_t *unknown)
{
	struct chunk chunk = { .region = region, .places = places };
	int status = STATUS_PASS;

	*unknown = 0;
	while (!status && chunk.first < region->pages) {
		chunk.count = region->pages - chunk.first;
		if (chunk.count > CHUNK_PAGES)
			chunk.count = CHUNK_PAGES;
		status = ask_chunk(reader, &chunk, unknown);
		chunk.first += chunk.count;
	}
	return status;
}

static void forget_places(struct page_place *places, size_t pages)
{
	size_t page;

	for (page = 0; page < pages; page++)
		places[page] = unknown_place;
}

int place_reader_read(struct place_reader *reader, const struct region *region,
		      struct page_place *places, unsigned int *asked)
{
	const struct timespec pause = { .tv_nsec = ASK_PAUSE_NS };
	size_t unknown;
	int status;

	/* Anew: memory may have come or gone. */
	frame_nodes_read(&reader->frame_nodes);
	forget_places(places, region->pages);
	for (*asked = 1;; (*asked)++) {
		status = ask_round(reader, region, places, &unknown);
		if (status || !unknown || *asked == ASK_ROUNDS)
			return status;
		/* A migration takes its time to end. */
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

/* Ask for a page of our own: a kernel that can't answer is found out early. */
static int probe(struct place_reader *reader)
{
	struct place_answers *answers = reader->answers;
	int status;

	/* Written, so that the page is there. */
	answers->before[0] = 1;
	answers->count = 1;
	answers->addr[0] = answers->before;
	status = ask_nodes(0, answers);
	if (!status)
		status = read_pagemap(reader, answers->before, answers->after,
				      1);
	if (!status && !frame_of(answers->after[0]))
		status = report_error(STATUS_SKIP, EPERM,
				      "/proc/self/pagemap hides the frames: "
				      "needs CAP_SYS_ADMIN");
	return status;
}

int place_reader_open(struct place_reader *reader, pid_t pid)
{
	char path[64];
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid ?: getpid());
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return report_error(STATUS_SKIP, errno, "%s", path);
	reader->pid = pid;
	reader->pagemap = pagemap;
	reader->answers = own_memory_alloc(1, sizeof(*reader->answers));
	if (!reader->answers)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return pid ? STATUS_PASS : probe(reader);
}

void place_reader_close(struct place_reader *reader)
{
	own_memory_free(reader->answers);
	if (reader->pagemap > 0)
		close(reader->pagemap);
	*reader = (struct place_reader){ 0 };
}
