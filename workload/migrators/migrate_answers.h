/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migrate_answers.h - what the kernel answered in one round, to one or several
 * calls: counted, and printed as an event.
 */
#ifndef MIGRATE_ANSWERS_H
#define MIGRATE_ANSWERS_H

#include <limits.h>
#include <stddef.h>
#include <time.h>

struct migration;

#define MIGRATE_KINDS_MAX 64

/* The key of a page for which the kernel left no answer. */
#define MIGRATE_UNSET INT_MIN

struct migrate_answers {
	struct timespec begin; /* no call was earlier */
	const char *region; /* its name, or "all" */
	const char *unit; /* what is counted: "page", "block" or "call" */
	size_t kinds;
	struct {
		int key; /* 0, a negative errno, a node, or MIGRATE_UNSET */
		size_t count;
	} counts[MIGRATE_KINDS_MAX];
	int error; /* of the call itself: 0 or a negative errno */
	long not_moved; /* -1: the kernel gave no number */
};

/*
 * Begin, then the calls, and count for each unit. The report takes the time of
 * the end too.
 */
void migrate_answers_begin(struct migrate_answers *answers, const char *region,
			   const char *unit);
void migrate_answers_count(struct migrate_answers *answers, int key);
void migrate_answers_report(const struct migrate_answers *answers,
			    const struct migration *migration);

#endif /* MIGRATE_ANSWERS_H */
