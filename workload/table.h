/* SPDX-License-Identifier: GPL-2.0 */
/*
 * table.h - find what an option names.
 *
 * A table lists pointers to entries, and ends with NULL. An entry is a struct
 * of any kind whose first member is its name, a const char *.
 */
#ifndef TABLE_H
#define TABLE_H

/* NULL: no entry has that name. */
const void *table_find(const void *const *table, const char *name);

/* All names: "none, driver". They are there until the next call. */
const char *table_names(const void *const *table);

#endif /* TABLE_H */
