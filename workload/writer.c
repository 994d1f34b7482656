// SPDX-License-Identifier: GPL-2.0
/*
 * writer.c - the thread that writes to the regions from another CPU.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "region.h"
#include "status.h"
#include "writer.h"

static void write_page(const struct region *region, size_t page)
{
	volatile uint64_t *word = region_page(region, page);

	*word = *word + 1;
}

static void write_pass(const struct writer *writer)
{
	size_t page;

	for (page = 0; page < writer->subject->pages; page++) {
		write_page(writer->subject, page);
		write_page(writer->control, page);
	}
}

static void *write_regions(void *arg)
{
	struct writer *writer = arg;

	writer->tid = gettid();
	sem_post(&writer->ready);
	sem_wait(&writer->go); /* not interrupted: all signals are blocked */
	while (!atomic_load(&writer->stop)) {
		write_pass(writer);
		atomic_fetch_add(&writer->passes, 1);
	}
	return NULL;
}

static int create_bound(struct writer *writer, unsigned long cpu)
{
	pthread_attr_t attr;
	sigset_t all, before;
	cpu_set_t set;
	int error;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	error = pthread_attr_init(&attr);
	if (error)
		return error;
	error = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	/* The thread inherits the mask: no signal is ever its own. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!error)
		error = pthread_create(&writer->thread, &attr, write_regions,
				       writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

int writer_create(struct writer *writer, unsigned long cpu,
		  const struct region *subject, const struct region *control)
{
	int error;

	*writer = (struct writer){ .subject = subject, .control = control };
	sem_init(&writer->ready, 0, 0);
	sem_init(&writer->go, 0, 0);
	error = create_bound(writer, cpu);
	if (error)
		return report_error(STATUS_FAIL, error,
				    "make the writer on CPU %lu", cpu);
	writer->created = true;
	sem_wait(&writer->ready); /* for its thread id */
	return STATUS_PASS;
}

void writer_start(struct writer *writer)
{
	writer->started = true;
	sem_post(&writer->go);
}

void writer_stop(struct writer *writer)
{
	if (!writer->created)
		return;
	atomic_store(&writer->stop, true);
	sem_post(&writer->go); /* one that was never started waits for it */
	pthread_join(writer->thread, NULL);
	writer->created = false;
}
