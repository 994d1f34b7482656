/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place_reader.h - ask the kernel where each page of a region is.
 */
#ifndef PLACE_READER_H
#define PLACE_READER_H

#include <sys/types.h>

#include "frame_nodes.h"

struct page_place;
struct region;

struct place_reader {
	pid_t pid; /* 0: this process */
	int pagemap;
	struct place_answers *answers;
	struct frame_nodes frame_nodes; /* as of the last read */
};

/* Both answer a status. pid: whose pages are read; 0: this process's. */
int place_reader_open(struct place_reader *reader, pid_t pid);
int place_reader_read(struct place_reader *reader, const struct region *region,
		      struct page_place *places, unsigned int *asked);

/* A reader that is all zero was never opened, and is left alone. */
void place_reader_close(struct place_reader *reader);

#endif /* PLACE_READER_H */
