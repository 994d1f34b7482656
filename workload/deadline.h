/* SPDX-License-Identifier: GPL-2.0 */
/*
 * deadline.h - end a system call that would take too long.
 *
 * The kernel gives up what it does for the calling thread when a signal is
 * pending, and answers EINTR.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <time.h>

struct deadline {
	timer_t timer;
};

/* Answers a status. */
int deadline_make(struct deadline *deadline);

void deadline_begin(const struct deadline *deadline, unsigned int seconds);
void deadline_end(const struct deadline *deadline);

void deadline_free(const struct deadline *deadline);

#endif /* DEADLINE_H */
