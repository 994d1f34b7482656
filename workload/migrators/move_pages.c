// SPDX-License-Identifier: GPL-2.0
/*
 * move_pages.c - move_pages(2): the pages of a region, each with an answer.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "migrators/migrate_answers.h"
#include "migrators/migrator.h"
#include "own_memory.h"
#include "page_kind.h"
#include "status.h"

/* What the call takes and answers; made early, so that no page is new then. */
static struct {
	void **addr;
	int *node;
	int *status;
} pages;

/*
 * A huge page is asked for by its first base page: for another one of a page
 * that is just being moved the kernel answers EACCES or EBUSY.
 */
static size_t pages_to_ask(const struct region *region)
{
	return region->pages / page_kind_unit(region->kind);
}

static int before_regions(const struct migration *migration)
{
	size_t count = pages_to_ask(migration->regions[0]);

	pages.addr = own_memory_alloc(count, sizeof(*pages.addr));
	pages.node = own_memory_alloc(count, sizeof(*pages.node));
	pages.status = own_memory_alloc(count, sizeof(*pages.status));
	if (!pages.addr || !pages.node || !pages.status)
		return report_error(STATUS_FAIL, ENOMEM, "allocate buffers");
	return STATUS_PASS;
}

static void fill(const struct region *region, size_t count, int node)
{
	size_t unit = page_kind_unit(region->kind);
	size_t i;

	for (i = 0; i < count; i++) {
		pages.addr[i] = region_page(region, i * unit);
		pages.node[i] = node;
		pages.status[i] = MIGRATE_UNSET;
	}
}

static void move_region(const struct migration *migration,
			const struct region *region)
{
	size_t count = pages_to_ask(region);
	struct migrate_answers answers;
	long result;
	size_t i;

	fill(region, count, migration->target_node);
	migrate_answers_begin(&answers, region->name, "page");
	result = syscall(SYS_move_pages, region->pid, count, pages.addr,
			 pages.node, pages.status, MPOL_MF_MOVE);
	if (result < 0)
		answers.error = -errno;
	else
		answers.not_moved = result;
	for (i = 0; i < count; i++)
		migrate_answers_count(&answers, pages.status[i]);
	migrate_answers_report(&answers, migration);
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
	own_memory_free(pages.addr);
	own_memory_free(pages.node);
	own_memory_free(pages.status);
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
