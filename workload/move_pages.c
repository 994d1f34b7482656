// SPDX-License-Identifier: GPL-2.0
/*
 * move_pages.c - move_pages(2): the pages of a region, each with an answer.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "migrator.h"
#include "status.h"

/* What the call takes and answers; made early, so that no page is new then. */
static struct {
	void **addr;
	int *node;
	int *status;
} pages;

static int before_regions(const struct migration *migration)
{
	size_t count = migration->regions[0]->pages;

	pages.addr = calloc(count, sizeof(*pages.addr));
	pages.node = calloc(count, sizeof(*pages.node));
	pages.status = calloc(count, sizeof(*pages.status));
	if (!pages.addr || !pages.node || !pages.status)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
}

static void fill(const struct region *region, int node)
{
	size_t page;

	for (page = 0; page < region->pages; page++) {
		pages.addr[page] = region_page(region, page);
		pages.node[page] = node;
		pages.status[page] = MIGRATE_UNSET;
	}
}

static void move_region(const struct migration *migration,
			const struct region *region)
{
	struct migrate_answers answers;
	size_t page;
	long result;

	fill(region, migration->target_node);
	migrate_answers_begin(&answers, region->name, "page");
	result = syscall(SYS_move_pages, region->pid, region->pages, pages.addr,
			 pages.node, pages.status, MPOL_MF_MOVE);
	if (result < 0)
		answers.error = -errno;
	else
		answers.not_moved = result;
	for (page = 0; page < region->pages; page++)
		migrate_answers_count(&answers, pages.status[page]);
	report_migrate(migration, &answers);
}

static int migrate(const struct migration *migration)
{
	size_t i;

	for (i = 0; i < migration->count; i++)
		move_region(migration, migration->regions[i]);
	return STATUS_PASS;
}

static int finish(const struct migration *migration)
{
	(void)migration;
	free(pages.addr);
	free(pages.node);
	free(pages.status);
	return STATUS_PASS;
}

const struct migrator migrator_move_pages = {
	.name = "move_pages",
	.needs_target = true,
	.takes_child = true,
	.before_regions = before_regions,
	.migrate = migrate,
	.finish = finish,
};
