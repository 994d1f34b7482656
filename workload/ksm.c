// SPDX-License-Identifier: GPL-2.0
/*
 * ksm.c - have pages of equal content merged by KSM.
 *
 * The kernel's ksmd merges pages that it finds unchanged since it last came by;
 * how fast it comes by is for whoever starts the program. At most
 * max_page_sharing pages get one frame.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ksm.h"
#include "page_kind.h"
#include "placement.h"
#include "region.h"
#include "region_map.h"
#include "shared_frames.h"
#include "status.h"
#include "text_file.h"

#define KSM_RUN "/sys/kernel/mm/ksm/run"
#define RUN_STOP 0
#define RUN_MERGE 1
#define RUN_UNMERGE 2

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

static int wait_until_merged(struct shared_frames *frames)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	time_t begin = now_seconds();
	size_t merged;
	int status;

	for (;;) {
		status = shared_frames_count(frames, &merged);
		if (status || merged == frames->pages)
			return status;
		if (is_told_to_end())
			return report_error(STATUS_FAIL, 0,
					    "told to end when KSM had merged "
					    "%zu of %zu pages",
					    merged, frames->pages);
		if (now_seconds() - begin > MERGE_SECONDS)
			return report_error(STATUS_FAIL, 0,
					    "KSM has merged %zu of %zu pages "
					    "after %d s; see pages_to_scan and "
					    "sleep_millisecs in "
					    "/sys/kernel/mm/ksm",
					    merged, frames->pages,
					    MERGE_SECONDS);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

static int run_until_merged(struct shared_frames *frames)
{
	long run = RUN_STOP;
	int status = read_run(&run);
	int restored;

	if (status)
		return status;
	status = write_run(RUN_MERGE);
	if (!status)
		status = wait_until_merged(frames);
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
	int status = region_map(spare, "spare",
				placement_pages(placements, count) % 2,
				placements[0].region->kind, NULL);

	if (!status)
		region_touch(spare);
	return status;
}

int ksm_merge(struct placement *placements, size_t count)
{
	struct shared_frames frames = { 0 };
	struct region spare;
	int status = make_even(&spare, placements, count);

	if (!status)
		status =
			shared_frames_alloc(&frames, placements, count, &spare);
	if (!status)
		status = run_until_merged(&frames);
	shared_frames_free(&frames);
	region_unmap(&spare);
	return status;
}
