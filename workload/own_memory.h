/* SPDX-License-Identifier: GPL-2.0 */
/*
 * own_memory.h - memory of this program that neither grows nor moves later.
 *
 * numastat counts a whole process. What is noted of each page of the regions is
 * a few pages for small regions and thousands for large ones; were those first
 * touched or moved in the middle of a run, the count could not be compared.
 */
#ifndef OWN_MEMORY_H
#define OWN_MEMORY_H

#include <stddef.h>

/* Zeroed, faulted in, and left alone by NUMA balancing. NULL: no memory. */
void *own_memory_alloc(size_t count, size_t size);

/* NULL is left alone. */
void own_memory_free(void *memory);

#endif /* OWN_MEMORY_H */
