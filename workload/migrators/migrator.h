/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migrator.h - what puts the pressure on the pages: one struct each, in a file
 * of its name.
 *
 * A migrator judges nothing. That the kernel refuses is an answer: it is
 * printed by migrate_answers_report(), and the hook ends with STATUS_PASS.
 */
#ifndef MIGRATOR_H
#define MIGRATOR_H

#include <stdbool.h>

#include "migrators/migration.h"

/*
 * The hooks are called in this order; each may be NULL and answers a status,
 * which fails only if the program can't go on. STATUS_SKIP: the kernel lacks
 * the mechanism. The regions are mapped before the first of them.
 */
typedef int (*migrator_hook)(const struct migration *migration);

struct migrator {
	const char *name;
	bool needs_target; /* moves to the target node */
	bool needs_writer; /* has no effect unless someone uses the pages */
	bool takes_child; /* can move the pages of another process */

	/* No page of a region is there yet. */
	migrator_hook before_regions;
	/* The subject and what is released are there, the control is not. */
	migrator_hook between_regions;
	/* All are there; the baseline is not read yet. */
	migrator_hook after_regions;
	/* Move once; called again for the next round. */
	migrator_hook migrate;
	/* Undo it all. Called at the end even if no other hook was. */
	migrator_hook finish;
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

#endif /* MIGRATOR_H */
