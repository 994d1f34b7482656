// SPDX-License-Identifier: GPL-2.0
/*
 * pin_cost.c - what it costs to pin and unpin a range of base pages, by the
 * driver and as io_uring's registered buffers, and to call the driver for
 * nothing, in turns.
 *
 * Prints a JSON object a line: by, pages, and the nanoseconds of one pin and of
 * one unpin, each the mean of a round, without what reading the clock takes: a
 * microsecond under emulation, where it is not the TSC and so a system call.
 * Exit codes are kselftest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "page_pin.h"

#define EXIT_SKIP 4
#define NSEC_PER_SEC 1000000000LL
/* io_uring takes 1 GiB in one buffer (io_buffer_validate()). */
#define MOST_BYTES (1UL << 30)
#define MOST_BUFFERS 16
/* Pages pinned in one round, by as many calls as that takes. */
#define PAGES_A_ROUND 20000UL
#define MOST_CALLS 200UL
#define PINNERS 2

struct cost {
	long long pin, unpin;
};

struct pinner {
	const char *name;
	int fd;
	int (*pin)(int fd, char *start, size_t bytes);
	int (*unpin)(int fd, char *start, size_t bytes);
};

static int driver_pin(int fd, char *start, size_t bytes)
{
	struct page_pin_range range = { (unsigned long)start, bytes };

	return ioctl(fd, TEST_PIN, &range);
}

static int driver_unpin(int fd, char *start, size_t bytes)
{
	struct page_pin_range range = { (unsigned long)start, bytes };

	return ioctl(fd, TEST_UNPIN, &range);
}

/* A number that the driver does not know. */
static int call_for_nothing(int fd, char *start, size_t bytes)
{
	(void)start;
	(void)bytes;
	return ioctl(fd, _IO('?', 0)) < 0 && errno == ENOTTY ? 0 : -1;
}

static int uring_pin(int fd, char *start, size_t bytes)
{
	struct iovec buffers[MOST_BUFFERS];
	unsigned int count = 0;

	while (bytes) {
		size_t part = bytes < MOST_BYTES ? bytes : MOST_BYTES;

		buffers[count++] = (struct iovec){ start, part };
		start += part;
		bytes -= part;
	}
	return syscall(__NR_io_uring_register, fd, IORING_REGISTER_BUFFERS,
		       buffers, count);
}

static int uring_unpin(int fd, char *start, size_t bytes)
{
	(void)start;
	(void)bytes;
	return syscall(__NR_io_uring_register, fd, IORING_UNREGISTER_BUFFERS,
		       NULL, 0);
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NSEC_PER_SEC + time.tv_nsec;
}

static int measure(const struct pinner *by, char *start, size_t bytes,
		   unsigned long calls, struct cost *cost)
{
	long long clock = NSEC_PER_SEC;
	unsigned long call;

	*cost = (struct cost){ 0 };
	for (call = 0; call < calls; call++) {
		long long first = now(), begin = now(), pinned;

		/* The least, or what else came between would count as well. */
		if (begin - first < clock)
			clock = begin - first;
		if (by->pin(by->fd, start, bytes))
			return -1;
		pinned = now();
		if (by->unpin(by->fd, start, bytes))
			return -1;
		cost->unpin += now() - pinned;
		cost->pin += pinned - begin;
	}
	cost->pin = cost->pin / (long long)calls - clock;
	cost->unpin = cost->unpin / (long long)calls - clock;
	return 0;
}

static int round_of(const struct pinner *by, char *start, unsigned long pages,
		    size_t page_size)
{
	unsigned long calls = PAGES_A_ROUND / pages;
	struct cost cost;

	if (calls > MOST_CALLS)
		calls = MOST_CALLS;
	if (!calls)
		calls = 1;
	if (measure(by, start, pages * page_size, calls, &cost)) {
		fprintf(stderr, "%s, %lu pages: %s\n", by->name, pages,
			strerror(errno));
		return EXIT_FAILURE;
	}
	printf("{\"by\": \"%s\", \"pages\": %lu, \"pin_ns\": %lld, \"unpin_ns\": %lld}\n",
	       by->name, pages, cost.pin, cost.unpin);
	fflush(stdout);
	return EXIT_SUCCESS;
}

static int run_for_nothing(int fd, int rounds)
{
	const struct pinner nothing = { "nothing", fd, call_for_nothing,
					call_for_nothing };
	int round;

	for (round = 0; round < rounds; round++)
		if (round_of(&nothing, NULL, 1, 0))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* Each begins as many of the rounds as the other. */
static int run(const struct pinner *pinners, int rounds, int count,
	       char **counts)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	int number, round, turn;

	for (number = 0; number < count; number++) {
		unsigned long pages = strtoul(counts[number], NULL, 10);
		size_t bytes = pages * page_size;
		char *start;

		if (!pages || bytes > MOST_BUFFERS * MOST_BYTES)
			return EXIT_FAILURE;
		start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (start == MAP_FAILED)
			return EXIT_SKIP;
		madvise(start, bytes, MADV_NOHUGEPAGE);
		memset(start, 1, bytes);
		for (round = 0; round < rounds * PINNERS; round++) {
			for (turn = 0; turn < PINNERS; turn++) {
				int which = (round + turn) % PINNERS;

				if (round_of(&pinners[which], start, pages,
					     page_size))
					return EXIT_FAILURE;
			}
		}
		munmap(start, bytes);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct io_uring_params params = { 0 };
	struct pinner pinners[PINNERS] = {
		{ "driver", -1, driver_pin, driver_unpin },
		{ "io_uring", -1, uring_pin, uring_unpin },
	};

	if (argc < 3) {
		fprintf(stderr, "usage: %s ROUNDS PAGES...\n", argv[0]);
		return EXIT_FAILURE;
	}
	pinners[0].fd = open(PAGE_PIN_DEVICE, O_RDWR);
	pinners[1].fd = syscall(__NR_io_uring_setup, 1, &params);
	if (pinners[0].fd < 0 || pinners[1].fd < 0) {
		fprintf(stderr, "open: %s\n", strerror(errno));
		return EXIT_SKIP;
	}
	return run_for_nothing(pinners[0].fd, atoi(argv[1])) ?:
		       run(pinners, atoi(argv[1]), argc - 2, argv + 2);
}
