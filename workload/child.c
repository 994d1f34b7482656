// SPDX-License-Identifier: GPL-2.0
/*
 * child.c - a forked child that has copies of the subject's pages, or had.
 *
 * A socket is what the two know of each other: a byte says "ready" or "go", and
 * its end says that the other is gone.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access.h"
#include "balancing_hold.h"
#include "child.h"
#include "cpu.h"
#include "region.h"

static void use_for_ever(const struct child_work *work)
{
	const struct region *regions[] = { work->region };
	cpu_set_t set = cpu_set_of(work->cpu);

	if (sched_setaffinity(0, sizeof(set), &set))
		return;
	for (;;)
		access_pass(work->access, regions, 1);
}

static void live(const struct child_work *work, int to_parent)
	__attribute__((noreturn));
static void begin_life(const struct child_work *work, pid_t parent,
		       int to_parent) __attribute__((noreturn));

/* Its end of the socket is closed by that. */
static void sleep_as_another_program(void)
{
	execlp("sleep", "sleep", "1000000", (char *)NULL);
	_exit(EXIT_FAILURE);
}

/*
 * A write makes copies of what fork left shared with the parent; of a pinned
 * page fork made the copy itself (70e806e4e645, of hugetlb 4eae4efa2c29).
 */
static void live(const struct child_work *work, int to_parent)
{
	bool held = work->balancing_held;
	char byte = 0;

	if (work->does == CHILD_WRITES)
		region_touch(work->region);
	if (work->does == CHILD_READS)
		region_read(work->region);
	balancing_release(&held);
	if (write(to_parent, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
	if (work->does == CHILD_EXECS)
		sleep_as_another_program();
	if (work->does == CHILD_EXITS)
		_exit(EXIT_SUCCESS);
	if (read(to_parent, &byte, 1) == 1 && work->access)
		use_for_ever(work);
	while (read(to_parent, &byte, 1) > 0)
		;
	_exit(EXIT_SUCCESS);
}

static void begin_life(const struct child_work *work, pid_t parent,
		       int to_parent)
{
	if (work->device >= 0)
		close(work->device);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before that. */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	live(work, to_parent);
}

/* Its end of the socket is closed, and it runs on. */
static int wait_until_gone_on(const struct child *child)
{
	char byte;

	if (read(child->socket, &byte, 1))
		return -ECHILD;
	return waitpid(child->pid, NULL, WNOHANG) ? -ECHILD : 0;
}

static int wait_until_exited(struct child *child)
{
	int status;

	if (waitpid(child->pid, &status, 0) != child->pid)
		return -errno;
	close(child->socket);
	child->reaped = true;
	return status ? -ECHILD : 0;
}

static int wait_until_ready(struct child *child, enum child_does does)
{
	char byte;

	/* No byte: it died, by SIGBUS if there was no page for a copy. */
	if (read(child->socket, &byte, 1) != 1)
		return -ECHILD;
	if (does == CHILD_EXECS)
		return wait_until_gone_on(child);
	if (does == CHILD_EXITS)
		return wait_until_exited(child);
	return 0;
}

int child_start(struct child *child, const struct child_work *work)
{
	pid_t parent = getpid();
	int sockets[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	pid = fork();
	if (!pid) {
		close(sockets[0]);
		begin_life(work, parent, sockets[1]);
	}
	close(sockets[1]);
	if (pid < 0) {
		int error = -errno;

		close(sockets[0]);
		return error;
	}
	*child = (struct child){ .pid = pid, .socket = sockets[0] };
	return wait_until_ready(child, work->does);
}

void child_go(struct child *child)
{
	char byte = 0;

	/* A child that died is found out when its pages are read. */
	if (child->pid && !child->reaped)
		send(child->socket, &byte, 1, MSG_NOSIGNAL);
}

void child_stop(struct child *child)
{
	if (!child->pid || child->reaped)
		return;
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	close(child->socket);
	*child = (struct child){ 0 };
}
