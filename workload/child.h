/* SPDX-License-Identifier: GPL-2.0 */
/*
 * child.h - a forked child that has copies of the subject's pages.
 *
 * It prints nothing. Where its pages are is read by the parent.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct access_mode;
struct region;

/* What the child does once the pressure is on. */
struct child_work {
	const struct region *region;
	const struct access_mode *access; /* NULL: it sleeps on */
	unsigned long cpu; /* from where */
	int device; /* to be closed: a copy would hold the pins; -1: none */
	bool balancing_held;
};

struct child {
	pid_t pid; /* 0: none */
	int socket; /* to the child */
};

/* Answers 0 or a negative errno; on 0 the child has written its copies. */
int child_start(struct child *child, const struct child_work *work);

/* The pressure is on. */
void child_go(struct child *child);

/* Kill and reap it; a child that was never started is left alone. */
void child_stop(struct child *child);

#endif /* CHILD_H */
