/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migrator.h - what puts the pressure on the pages: one struct each.
 *
 * A migrator judges nothing. That the kernel refuses is an answer: it is
 * printed by report_migrate(), and the hook ends with STATUS_PASS.
 */
#ifndef MIGRATOR_H
#define MIGRATOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "region.h"

#define MIGRATION_REGIONS_MAX 3
#define MIGRATE_KINDS_MAX 64

/* The key of a page for which the kernel left no answer. */
#define MIGRATE_UNSET INT_MIN

struct migrator;

/* What is to be moved, and where to. */
struct migration {
	const struct migrator *migrator;
	/* subject, control, and a companion if there is one */
	const struct region *regions[MIGRATION_REGIONS_MAX];
	size_t count;
	int home_node;
	int target_node; /* -1: none was given; it need not exist either */
	unsigned int round; /* 1 at the first time that migrate is called */
};

/*
 * The hooks are called in this order; each may be NULL and answers a status,
 * which fails only if the program can't go on. STATUS_SKIP: the kernel lacks
 * the mechanism. The regions are mapped before the first of them.
 */
struct migrator {
	const char *name;
	bool needs_target; /* moves to the target node */
	bool needs_writer; /* has no effect unless someone uses the pages */
	bool takes_child; /* can move the pages of another process */

	/* No page of a region is there yet. */
	int (*before_regions)(const struct migration *migration);
	/* The subject and what is released are there, the control is not. */
	int (*between_regions)(const struct migration *migration);
	/* All are there; the baseline is not read yet. */
	int (*after_regions)(const struct migration *migration);
	/* Move once; called again for the next round. */
	int (*migrate)(const struct migration *migration);
	/* Undo it all. Called at the end even if no other hook was. */
	int (*finish)(const struct migration *migration);
};

extern const struct migrator migrator_balancing;
extern const struct migrator migrator_move_pages;
extern const struct migrator migrator_migrate_pages;
extern const struct migrator migrator_mbind;
extern const struct migrator migrator_cpuset;
extern const struct migrator migrator_compaction;
extern const struct migrator migrator_offline;
extern const struct migrator migrator_soft_offline;
extern const struct migrator migrator_demotion;
extern const struct migrator migrator_reclaim;

const struct migrator *migrator_find(const char *name);
const char *migrator_names(void);

/* What the kernel answered in one round, to one or several calls. */
struct migrate_answers {
	struct timespec begin; /* no call was earlier */
	const char *region; /* its name, or "all" */
	const char *unit; /* what is counted: "page", "block" or "call" */
	size_t kinds;
	struct {
		int key; /* 0, a negative errno, a node, or MIGRATE_UNSET */
		size_t count;
	} counts[MIGRATE_KINDS_MAX];
	int error; /* of the call itself: 0 or a negative errno */
	long not_moved; /* -1: the kernel gave no number */
};

/*
 * Reclaim takes pages of shared kinds out of the page tables first, pinned ones
 * too, which stay in memory: nobody can tell where until they are used again.
 */
void migration_map_shared(const struct migration *migration);

/*
 * migrate_answers_begin(), the calls, migrate_answers_count() for each unit,
 * report_migrate(), which also takes the time of the end.
 */
void migrate_answers_begin(struct migrate_answers *answers, const char *region,
			   const char *unit);
void migrate_answers_count(struct migrate_answers *answers, int key);
void report_migrate(const struct migration *migration,
		    const struct migrate_answers *answers);

#endif /* MIGRATOR_H */
