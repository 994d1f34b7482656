/* SPDX-License-Identifier: GPL-2.0 */
/*
 * huge_pages.h - memory that is to have base pages only.
 */
#ifndef HUGE_PAGES_H
#define HUGE_PAGES_H

#include <stddef.h>

/*
 * Answers 0 or a negative errno; 0 as well if the kernel has no huge pages,
 * which is as good.
 */
int huge_pages_forbid(void *start, size_t bytes);

#endif /* HUGE_PAGES_H */
