/* SPDX-License-Identifier: GPL-2.0 */
/*
 * offline_blocks.h - the two memory blocks that the regions are faulted in in.
 *
 * A block that the kernel can't empty at all, because of pages of its own in
 * it, is refused at once (EBUSY). So the regions are faulted in in blocks that
 * hold no such pages, and the control in another one than the subject: filler
 * pages are faulted in until enough of them lie in such blocks, and given back
 * there just before the regions are faulted in.
 *
 * This is of use only to a subject that is touched before it is pinned. For one
 * that the pin itself faults in the kernel takes pages where it takes its own.
 */
#ifndef OFFLINE_BLOCKS_H
#define OFFLINE_BLOCKS_H

struct block_set;
struct migration;
struct region;

/* Hooks of a migrator, in this order. */
int offline_blocks_find(const struct migration *migration);
int offline_blocks_turn_to_control(const struct migration *migration);
int offline_blocks_give_back(const struct migration *migration);

/* Add the blocks that a region is in. Answers a status. */
int offline_blocks_of(const struct region *region, struct block_set *set);

/* Gives the filler pages back. */
void offline_blocks_free(void);

#endif /* OFFLINE_BLOCKS_H */
