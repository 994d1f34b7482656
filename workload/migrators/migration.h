/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migration.h - what is to be moved, and where to.
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include <stddef.h>

#include "region.h"

struct migrator;

struct migration {
	const struct migrator *migrator;
	const struct region *regions[REGIONS_MAX];
	size_t count;
	int home_node;
	int target_node; /* -1: none was given; it need not exist either */
	unsigned int round; /* 1 at the first time that migrate is called */
};

/*
 * Reclaim takes pages of shared kinds out of the page tables first, pinned ones
 * too, which stay in memory: nobody can tell where until they are used again.
 */
void migration_map_shared(const struct migration *migration);

#endif /* MIGRATION_H */
