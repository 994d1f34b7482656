/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place_reader.h - ask the kernel where each page of a region is.
 */
#ifndef PLACE_READER_H
#define PLACE_READER_H

#include <stddef.h>
#include <stdint.h>

struct region;

struct page_place {
	uint64_t pfn; /* 0: unknown */
	int node; /* -1: unknown */
};

struct place_reader {
	int pagemap;
	struct place_answers *answers;
};

/* Both answer a status. */
int place_reader_open(struct place_reader *reader);
int place_reader_read(struct place_reader *reader, const struct region *region,
		      struct page_place *places, unsigned int *asked);

/* A reader that is all zero was never opened, and is left alone. */
void place_reader_close(struct place_reader *reader);

static inline int place_known(const struct page_place *place)
{
	return place->pfn != 0;
}

#endif /* PLACE_READER_H */
