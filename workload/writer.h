/* SPDX-License-Identifier: GPL-2.0 */
/*
 * writer.h - the threads that use the regions, each from a CPU of its own.
 */
#ifndef WRITER_H
#define WRITER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define WRITERS_MAX 64

struct access_mode;
struct region;

/* What all of them do. */
struct writer_work {
	const struct access_mode *access;
	const struct region *const *regions; /* in turn */
	size_t count;
	bool balancing_held; /* by who makes them, and is inherited */
};

struct writer {
	pthread_t thread;
	sem_t ready;
	sem_t go;
	atomic_bool stop;
	atomic_ulong passes; /* over all pages of all regions */
	const struct writer_work *work;
	unsigned long cpu;
	pid_t tid;
};

struct writers {
	struct writer list[WRITERS_MAX];
	struct writer_work work;
	size_t count; /* that were created */
	bool started;
};

/*
 * Make a thread, bound to the CPU from its first instruction on; it waits. The
 * regions need not be mapped before it starts. Answers a status.
 */
int writers_add(struct writers *writers, unsigned long cpu);

/* Bind them again: entering a cpuset undoes it. Answers a status. */
int writers_bind(const struct writers *writers);

void writers_start(struct writers *writers);
unsigned long writers_passes(const struct writers *writers);

/* Stop and join those that were created. */
void writers_stop(struct writers *writers);

#endif /* WRITER_H */
