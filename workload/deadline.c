// SPDX-License-Identifier: GPL-2.0
/*
 * deadline.c - end a system call that would take too long.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "deadline.h"
#include "status.h"

/* One that comes before the call or between two calls ends none. */
#define SIGNAL_AGAIN_NS 200000000

static void on_signal(int number)
{
	(void)number;
}

/* To this thread only. Without SA_RESTART, or the call would begin again. */
int deadline_make(struct deadline *deadline)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGALRM,
	};

	event._sigev_un._tid = syscall(SYS_gettid);
	if (sigaction(SIGALRM, &action, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &deadline->timer))
		return report_error(STATUS_FAIL, errno, "make a timer");
	return STATUS_PASS;
}

void deadline_begin(const struct deadline *deadline, unsigned int seconds)
{
	const struct itimerspec limit = {
		.it_value.tv_sec = seconds,
		.it_interval.tv_nsec = SIGNAL_AGAIN_NS,
	};

	timer_settime(deadline->timer, 0, &limit, NULL);
}

void deadline_end(const struct deadline *deadline)
{
	const struct itimerspec off = { 0 };

	timer_settime(deadline->timer, 0, &off, NULL);
}

void deadline_free(const struct deadline *deadline)
{
	timer_delete(deadline->timer);
}
