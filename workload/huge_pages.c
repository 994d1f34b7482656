// SPDX-License-Identifier: GPL-2.0
/*
 * huge_pages.c - memory that is to have base pages only.
 */
#include <errno.h>
#include <sys/mman.h>

#include "huge_pages.h"

int huge_pages_forbid(void *start, size_t bytes)
{
	/* EINVAL: it has none. */
	if (madvise(start, bytes, MADV_NOHUGEPAGE) && errno != EINVAL)
		return -errno;
	return 0;
}
