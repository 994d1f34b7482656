/* SPDX-License-Identifier: GPL-2.0 */
/*
 * huge_pool.h - the pool of huge pages that hugetlb's are taken from.
 */
#ifndef HUGE_POOL_H
#define HUGE_POOL_H

#include <stddef.h>

struct page_kind;

/*
 * Whether the node's pool is enough for so many base pages, of all regions
 * together. Answers a status; a kind that is from no pool needs none.
 */
int huge_pool_check(const struct page_kind *kind, int node, size_t pages);

#endif /* HUGE_POOL_H */
