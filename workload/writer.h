/* SPDX-License-Identifier: GPL-2.0 */
/*
 * writer.h - the thread that writes to the regions from another CPU.
 */
#ifndef WRITER_H
#define WRITER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct region;

struct writer {
	pthread_t thread;
	sem_t ready;
	sem_t go;
	atomic_bool stop;
	atomic_ulong passes; /* over all pages of both regions */
	const struct region *subject;
	const struct region *control;
	pid_t tid;
	bool created;
	bool started;
};

/*
 * Make the thread, bound to the CPU from its first instruction on; it waits.
 * The regions need not be mapped before it starts. Answers a status.
 */
int writer_create(struct writer *writer, unsigned long cpu,
		  const struct region *subject, const struct region *control);

void writer_start(struct writer *writer);

/* Stop and join it; a writer that was not created is left alone. */
void writer_stop(struct writer *writer);

#endif /* WRITER_H */
