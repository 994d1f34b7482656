/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_room.h - free memory where the kernel's own pages are.
 *
 * The kernel takes pages of its own from pageblocks that it has made its own,
 * and once those are full from the largest piece of free memory, which may be
 * where pages have just been arranged (fallbacks, __rmqueue_fallback() in
 * mm/page_alloc.c). No file tells which pageblocks are its own, but pages of
 * the kernel that fill them up do.
 */
#ifndef KERNEL_ROOM_H
#define KERNEL_ROOM_H

#include <stddef.h>

struct kernel_room {
	char *start; /* NULL: not taken */
	size_t bytes;
};

/*
 * Fill what the kernel's pageblocks have free, and more, on the node of this
 * thread's policy. Answers a status.
 */
int kernel_room_take(struct kernel_room *room);

/* Leaves room for what programs that start in the next seconds need. */
void kernel_room_give_back(struct kernel_room *room);

#endif /* KERNEL_ROOM_H */
