/* SPDX-License-Identifier: GPL-2.0 */
/*
 * child.h - a forked child that has copies of the subject's pages, or had.
 *
 * It prints nothing. Where its pages are is read by the parent.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct access_mode;
struct region;

/* With its pages, before the pressure. */
enum child_does {
	CHILD_NONE, /* there is none */
	CHILD_WRITES, /* and uses them once the pressure is on */
	CHILD_READS, /* and never writes */
	CHILD_IDLES,
	CHILD_EXECS, /* another program, which sleeps */
	CHILD_EXITS,
};

struct child_work {
	enum child_does does;
	const struct region *region;
	const struct access_mode *access; /* under pressure; NULL: none */
	unsigned long cpu; /* from where */
	int device; /* to be closed: a copy would hold the pins; -1: none */
	bool balancing_held;
};

struct child {
	pid_t pid; /* 0: none */
	bool reaped; /* it has exited, and is no more */
	int socket; /* to the child */
};

/* Answers 0 or a negative errno; on 0 the child has done what it does first. */
int child_start(struct child *child, const struct child_work *work);

/* The pressure is on. */
void child_go(struct child *child);

/* Kill and reap it; a child that was never started is left alone. */
void child_stop(struct child *child);

#endif /* CHILD_H */
