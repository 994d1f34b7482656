// SPDX-License-Identifier: GPL-2.0
/*
 * page_kind.c - the size of pages of a kind.
 */
#include <unistd.h>

#include "page_kind.h"

#define HUGE_BYTES (2UL << 20)

size_t page_kind_align(const struct page_kind *kind)
{
	return kind->huge ? HUGE_BYTES : (size_t)sysconf(_SC_PAGESIZE);
}

size_t page_kind_unit(const struct page_kind *kind)
{
	return page_kind_align(kind) / sysconf(_SC_PAGESIZE);
}
