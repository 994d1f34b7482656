// SPDX-License-Identifier: GPL-2.0
/*
 * soft_offline.c - madvise(2): take the frame of each page out of use.
 */
#include <errno.h>
#include <sys/mman.h>

#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
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

static int offline_page(const struct region *region, size_t page)
{
	return madvise(region_page(region, page), region->page_size,
		       MADV_SOFT_OFFLINE) ?
		       -errno :
		       0;
}

static void offline_region(const struct migration *migration,
			   const struct region *region)
{
	struct migrate_answers answers;
	size_t page;

	migrate_answers_begin(&answers, region->name, "page");
	for (page = 0; page < region->pages; page++)
		migrate_answers_count(&answers, offline_page(region, page));
	migrate_answers_report(&answers, migration);
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
