/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_room.h - free memory where the kernel's own pages are.
 *
 * The kernel takes pages of its own from pageblocks that hold such pages, and
 * once those are full from the largest piece of free memory, which may be where
 * pages have just been arranged (fallbacks, __rmqueue_fallback() in
 * mm/page_alloc.c).
 */
#ifndef KERNEL_ROOM_H
#define KERNEL_ROOM_H

/*
 * Make room for what programs that start in the next seconds need, on the node
 * of this thread's policy. Answers a status.
 */
int kernel_room_make(void);

#endif /* KERNEL_ROOM_H */
