/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migrator_table.h - the migrators by their names.
 */
#ifndef MIGRATOR_TABLE_H
#define MIGRATOR_TABLE_H

const struct migrator *migrator_find(const char *name);
const char *migrator_names(void);

#endif /* MIGRATOR_TABLE_H */
