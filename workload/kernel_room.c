// SPDX-License-Identifier: GPL-2.0
/*
 * kernel_room.c - page tables that are made and given back: the pageblocks that
 * the kernel made its own for them stay so.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_room.h"
#include "status.h"

/* With this, no block was refused while thirty programs started each second. */
#define ROOM_BYTES (32UL << 20)

/* What one page of a page table maps, by entries of eight bytes. */
static size_t table_reach(size_t page_size)
{
	return page_size * (page_size / sizeof(uint64_t));
}

/* All that the page tables map is the zero page; a huge one would need none. */
static int make_tables(char *start, size_t bytes, size_t reach)
{
	size_t offset;

	/* EINVAL: a kernel without huge pages, which is as good. */
	if (madvise(start, bytes, MADV_NOHUGEPAGE) && errno != EINVAL)
		return report_error(STATUS_FAIL, errno, "set up page tables");
	for (offset = 0; offset < bytes; offset += reach)
		(void)*(volatile char *)(start + offset);
	return STATUS_PASS;
}

int kernel_room_make(void)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	size_t reach = table_reach(page_size);
	size_t bytes = ROOM_BYTES / page_size * reach;
	char *start = mmap(NULL, bytes, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int status;

	if (start == MAP_FAILED)
		return report_error(STATUS_FAIL, errno,
				    "map room for page tables");
	status = make_tables(start, bytes, reach);
	munmap(start, bytes);
	return status;
}
