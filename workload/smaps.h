/* SPDX-License-Identifier: GPL-2.0 */
/*
 * smaps.h - how a region's pages are mapped, by /proc/PID/smaps.
 */
#ifndef SMAPS_H
#define SMAPS_H

struct region;

/* Base pages that are mapped as parts of huge pages; -1: not known. */
long smaps_huge_pages(const struct region *region);

#endif /* SMAPS_H */
