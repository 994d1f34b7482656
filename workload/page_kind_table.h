/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page_kind_table.h - the kinds of pages by their names (table.h).
 */
#ifndef PAGE_KIND_TABLE_H
#define PAGE_KIND_TABLE_H

extern const void *const page_kinds[];

#endif /* PAGE_KIND_TABLE_H */
