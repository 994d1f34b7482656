// SPDX-License-Identifier: GPL-2.0
/*
 * kernel_room.c - page tables that fill the kernel's pageblocks: these stay its
 * own when they are given back.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "huge_pages.h"
#include "room/kernel_room.h"
#include "status.h"

/* With this, no block was refused while thirty programs started each second. */
#define ROOM_BYTES (64UL << 20)

/* What one page of a page table maps, by entries of eight bytes. */
static size_t table_reach(size_t page_size)
{
	return page_size * (page_size / sizeof(uint64_t));
}

/* All that the page tables map is the zero page; a huge one would need none. */
static int make_tables(const struct kernel_room *room, size_t reach)
{
	int error = huge_pages_forbid(room->start, room->bytes);
	size_t offset;

	if (error)
		return report_error(STATUS_FAIL, -error, "set up page tables");
	for (offset = 0; offset < room->bytes; offset += reach)
		(void)*(volatile char *)(room->start + offset);
	return STATUS_PASS;
}

int kernel_room_take(struct kernel_room *room)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	size_t reach = table_reach(page_size);
	size_t bytes = ROOM_BYTES / page_size * reach;
	void *start = mmap(NULL, bytes, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		return report_error(STATUS_FAIL, errno,
				    "map room for page tables");
	*room = (struct kernel_room){ start, bytes };
	return make_tables(room, reach);
}

void kernel_room_give_back(struct kernel_room *room)
{
	if (room->start)
		munmap(room->start, room->bytes);
	*room = (struct kernel_room){ 0 };
}
