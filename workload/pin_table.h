/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pin_table.h - the ways to pin by their names (table.h).
 */
#ifndef PIN_TABLE_H
#define PIN_TABLE_H

extern const void *const pin_methods[];

#endif /* PIN_TABLE_H */
