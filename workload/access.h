/* SPDX-License-Identifier: GPL-2.0 */
/*
 * access.h - how the pages are used, by the writers and by the child.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include <stddef.h>

struct region;

struct access_mode {
	const char *name;
	void (*use)(const struct region *region, size_t page);
};

/* By their names (table.h). */
extern const void *const access_modes[];

/* Use each page once, those of the regions in turn. All are of one size. */
void access_pass(const struct access_mode *mode,
		 const struct region *const *regions, size_t count);

#endif /* ACCESS_H */
