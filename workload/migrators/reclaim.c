// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim.c - madvise(2): the pages of a region are paged out.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "status.h"

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
	answers.error = region_advise(region, MADV_PAGEOUT);
	migrate_answers_count(&answers, answers.error);
	migrate_answers_report(&answers, migration);
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
