// SPDX-License-Identifier: GPL-2.0
/*
 * own_memory.c - memory of this program that neither grows nor moves later.
 */
#include <linux/mempolicy.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "own_memory.h"

/* Before what the caller gets; as large as the strictest alignment. */
struct header {
	_Alignas(16) size_t bytes;
};

/* A policy of its own keeps balancing off a mapping (vma_policy_mof()). */
static void keep_in_place(void *memory, size_t bytes)
{
	/* A kernel without NUMA has no balancing either. */
	syscall(SYS_mbind, memory, bytes, MPOL_LOCAL, NULL, 0, 0);
	madvise(memory, bytes, MADV_NOHUGEPAGE);
}

void *own_memory_alloc(size_t count, size_t size)
{
	struct header *header;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(*header), &bytes))
		return NULL;
	header = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (header == MAP_FAILED)
		return NULL;
	keep_in_place(header, bytes);
	memset(header, 0, bytes);
	header->bytes = bytes;
	return header + 1;
}

void own_memory_free(void *memory)
{
	struct header *header = memory;

	if (memory)
		munmap(header - 1, (header - 1)->bytes);
}
