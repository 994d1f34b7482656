/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ksm.h - have pages of equal content merged by KSM.
 */
#ifndef KSM_H
#define KSM_H

#include <stddef.h>

struct placement;

/* Both answer a status. The check's is STATUS_SKIP for a kernel without KSM. */
int ksm_check(void);

/*
 * Wait until all pages are merged: those of each placement's region, mergeable
 * and all of the content that region_touch() leaves. Afterwards KSM runs only
 * if it did before.
 */
int ksm_merge(struct placement *placements, size_t count);

#endif /* KSM_H */
