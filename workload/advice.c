// SPDX-License-Identifier: GPL-2.0
/*
 * advice.c - madvise(2): take a page's frame out of use, or page it out.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "migrator.h"
#include "status.h"

#ifndef MADV_SOFT_OFFLINE /* <linux/mman.h>, which glibc's can't be used with */
#define MADV_SOFT_OFFLINE 101
#endif

/*
 * A kernel that lacks the advice refuses it before it looks at the range: with
 * an empty one it is asked at no cost, while a soft offlined frame is lost.
 */
static int probe_soft_offline(const struct migration *migration)
{
	if (!madvise(migration->regions[0]->start, 0, MADV_SOFT_OFFLINE))
		return STATUS_PASS;
	if (errno == EINVAL)
		return report_error(STATUS_SKIP, EINVAL,
				    "MADV_SOFT_OFFLINE: the kernel has no "
				    "CONFIG_MEMORY_FAILURE");
	return report_error(STATUS_FAIL, errno, "MADV_SOFT_OFFLINE");
}

static int advise(void *start, size_t bytes, int advice)
{
	return madvise(start, bytes, advice) ? -errno : 0;
}

static void offline_region(const struct migration *migration,
			   const struct region *region)
{
	struct migrate_answers answers;
	size_t page;

	migrate_answers_begin(&answers, region->name, "page");
	for (page = 0; page < region->pages; page++)
		migrate_answers_count(
			&answers, advise(region_page(region, page),
					 region->page_size, MADV_SOFT_OFFLINE));
	report_migrate(migration, &answers);
}

static int soft_offline(const struct migration *migration)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		offline_region(migration, migration->regions[i]);
	return STATUS_PASS;
}

const struct migrator migrator_soft_offline = {
	.name = "soft_offline",
	.before_regions = probe_soft_offline,
	.migrate = soft_offline,
};

/* The first line is the heading. */
static size_t count_swaps(void)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[512];
	size_t lines = 0;

	while (file && fgets(line, sizeof(line), file))
		lines++;
	if (file)
		fclose(file);
	return lines ? lines - 1 : 0;
}

static int check_swap(const struct migration *migration)
{
	if (count_swaps())
		return STATUS_PASS;
	return report_error(STATUS_SKIP, 0,
			    "--migrator=%s: /proc/swaps lists nothing to swap "
			    "to",
			    migration->migrator->name);
}

static void page_out_region(const struct migration *migration,
			    const struct region *region)
{
	struct migrate_answers answers;

	migrate_answers_begin(&answers, region->name, "call");
	answers.error =
		advise(region->start, region_bytes(region), MADV_PAGEOUT);
	migrate_answers_count(&answers, answers.error);
	report_migrate(migration, &answers);
}

static int page_out(const struct migration *migration)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		page_out_region(migration, migration->regions[i]);
	migration_map_shared(migration);
	return STATUS_PASS;
}

const struct migrator migrator_reclaim = {
	.name = "reclaim",
	.before_regions = check_swap,
	.migrate = page_out,
};
