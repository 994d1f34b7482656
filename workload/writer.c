// SPDX-License-Identifier: GPL-2.0
/*
 * writer.c - the threads that use the regions, each from a CPU of its own.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "access.h"
#include "balancing_hold.h"
#include "cpu.h"
#include "status.h"
#include "writer.h"

static void *use_regions(void *arg)
{
	struct writer *writer = arg;
	const struct writer_work *work = writer->work;
	bool held = work->balancing_held;

	balancing_release(&held);
	writer->tid = gettid();
	sem_post(&writer->ready);
	sem_wait(&writer->go); /* not interrupted: all signals are blocked */
	while (!atomic_load(&writer->stop)) {
		access_pass(work->access, work->regions, work->count);
		atomic_fetch_add(&writer->passes, 1);
	}
	return NULL;
}

static int create_bound(struct writer *writer)
{
	pthread_attr_t attr;
	sigset_t all, before;
	cpu_set_t set = cpu_set_of(writer->cpu);
	int error;

	error = pthread_attr_init(&attr);
	if (error)
		return error;
	error = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	/* The thread inherits the mask: no signal is ever its own. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!error)
		error = pthread_create(&writer->thread, &attr, use_regions,
				       writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error;
}

int writers_add(struct writers *writers, unsigned long cpu)
{
	struct writer *writer = &writers->list[writers->count];
	int error;

	*writer = (struct writer){ .work = &writers->work, .cpu = cpu };
	sem_init(&writer->ready, 0, 0);
	sem_init(&writer->go, 0, 0);
	error = create_bound(writer);
	if (error)
		return report_error(STATUS_FAIL, error,
				    "make the writer on CPU %lu", cpu);
	writers->count++;
	sem_wait(&writer->ready); /* for its thread id */
	return STATUS_PASS;
}

int writers_bind(const struct writers *writers)
{
	size_t i;

	for (i = 0; i < writers->count; i++) {
		const struct writer *writer = &writers->list[i];
		cpu_set_t set = cpu_set_of(writer->cpu);

		if (sched_setaffinity(writer->tid, sizeof(set), &set))
			return report_error(STATUS_FAIL, errno,
					    "bind the writer to CPU %lu",
					    writer->cpu);
	}
	return STATUS_PASS;
}

void writers_start(struct writers *writers)
{
	size_t i;

	writers->started = true;
	for (i = 0; i < writers->count; i++)
		sem_post(&writers->list[i].go);
}

unsigned long writers_passes(const struct writers *writers)
{
	unsigned long passes = 0;
	size_t i;

	for (i = 0; i < writers->count; i++)
		passes += atomic_load(&writers->list[i].passes);
	return passes;
}

void writers_stop(struct writers *writers)
{
	size_t i;

	for (i = 0; i < writers->count; i++) {
		atomic_store(&writers->list[i].stop, true);
		/* One that was never started waits for it. */
		sem_post(&writers->list[i].go);
	}
	for (i = 0; i < writers->count; i++)
		pthread_join(writers->list[i].thread, NULL);
	writers->count = 0;
}
