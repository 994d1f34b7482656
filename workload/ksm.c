// SPDX-License-Identifier: GPL-2.0
/*
 * ksm.c - have pages of equal content merged by KSM.
 *
 * The kernel's ksmd merges pages that it finds unchanged since it last came by;
 * how fast it comes by is for whoever starts the program. At most
 * max_page_sharing pages get one frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ksm.h"
#include "page_kind.h"
#include "page_place.h"
#include "placement.h"
#include "region.h"
#include "region_map.h"
#include "status.h"
#include "text_file.h"

#define KSM_RUN "/sys/kernel/mm/ksm/run"
#define RUN_STOP 0
#define RUN_MERGE 1
#define RUN_UNMERGE 2

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGE_FLAGS "/proc/kpageflags"
#define FLAG_KSM (1ULL << 21)

#define MERGE_SECONDS 30
#define POLL_NS 20000000

int ksm_check(void)
{
	if (!access(KSM_RUN, F_OK))
		return STATUS_PASS;
	return report_error(STATUS_SKIP, errno, KSM_RUN);
}

static int read_run(long *run)
{
	char text[32];
	int error = text_file_read(KSM_RUN, text, sizeof(text));

	if (error)
		return report_error(STATUS_FAIL, -error, "read " KSM_RUN);
	*run = strtol(text, NULL, 10);
	return STATUS_PASS;
}

static int write_run(long run)
{
	int error = text_file_write(KSM_RUN, "%ld", run);

	if (error)
		return report_error(STATUS_FAIL, -error, "%ld to " KSM_RUN,
				    run);
	return STATUS_PASS;
}

/* Written once more, 2 would part the pages again; KSM rests there as at 0. */
static int restore_run(long run)
{
	return write_run(run == RUN_UNMERGE ? RUN_STOP : run);
}

static int read_flags(int file, uint64_t pfn, uint64_t *flags)
{
	ssize_t done = pread(file, flags, sizeof(*flags),
			     (off_t)(pfn * sizeof(*flags)));

	if (done == (ssize_t)sizeof(*flags))
		return STATUS_PASS;
	return report_error(STATUS_FAIL, done < 0 ? errno : EIO,
			    "read " PAGE_FLAGS);
}

/* Add the region's pages that are merged by now. */
static int count_region(struct placement *placement, int file, size_t *merged)
{
	const struct page_place *place = placement->now;
	int status = placement_read_before(placement);
	uint64_t pfn = 0, flags = 0;
	size_t page;

	for (page = 0; !status && page < placement->region->pages; page++) {
		if (!place_known(&place[page]))
			continue;
		/* Merged pages mostly have the frame of the page before. */
		if (place[page].pfn != pfn)
			status = read_flags(file, place[page].pfn, &flags);
		pfn = place[page].pfn;
		*merged += flags & FLAG_KSM ? 1 : 0;
	}
	return status;
}

static int count_merged(struct placement *placements, size_t count, int file,
			size_t *merged)
{
	int status = STATUS_PASS;
	size_t i;

	*merged = 0;
	for (i = 0; !status && i < count; i++)
		status = count_region(&placements[i], file, merged);
	return status;
}

static size_t count_pages(const struct placement *placements, size_t count)
{
	size_t pages = 0;
	size_t i;

	for (i = 0; i < count; i++)
		pages += placements[i].region->pages;
	return pages;
}

/* Else they would stay pending until the pages are merged. */
static bool is_told_to_end(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT);
}

static time_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int wait_until_merged(struct placement *placements, size_t count,
			     int file)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	size_t pages = count_pages(placements, count);
	time_t begin = now_seconds();
	size_t merged;
	int status;

	for (;;) {
		status = count_merged(placements, count, file, &merged);
		if (status || merged == pages)
			return status;
		if (is_told_to_end())
			return report_error(STATUS_FAIL, 0,
					    "told to end when KSM had merged "
					    "%zu of %zu pages",
					    merged, pages);
		if (now_seconds() - begin > MERGE_SECONDS)
			return report_error(STATUS_FAIL, 0,
					    "KSM has merged %zu of %zu pages "
					    "after %d s; see pages_to_scan and "
					    "sleep_millisecs in "
					    "/sys/kernel/mm/ksm",
					    merged, pages, MERGE_SECONDS);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

static int run_until_merged(struct placement *placements, size_t count,
			    int file)
{
	long run = RUN_STOP;
	int status = read_run(&run);
	int restored;

	if (status)
		return status;
	status = write_run(RUN_MERGE);
	if (!status)
		status = wait_until_merged(placements, count, file);
	restored = restore_run(run);
	return status ?: restored;
}

/*
 * Full frames may leave one page over, which has none to be merged with. Of an
 * even number of pages they leave an even number.
 */
static int make_even(struct region *spare, const struct placement *placements,
		     size_t count)
{
	int status =
		region_map(spare, "spare", count_pages(placements, count) % 2,
			   placements[0].region->kind, NULL);

	if (!status)
		region_touch(spare);
	return status;
}

int ksm_merge(struct placement *placements, size_t count)
{
	int file = open(PAGE_FLAGS, O_RDONLY | O_CLOEXEC);
	struct region spare;
	int status;

	if (file < 0)
		return report_error(STATUS_SKIP, errno, PAGE_FLAGS);
	status = make_even(&spare, placements, count);
	if (!status)
		status = run_until_merged(placements, count, file);
	region_unmap(&spare);
	close(file);
	return status;
}
