/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migrator_table.h - the migrators by their names (table.h).
 */
#ifndef MIGRATOR_TABLE_H
#define MIGRATOR_TABLE_H

extern const void *const migrators[];

#endif /* MIGRATOR_TABLE_H */
