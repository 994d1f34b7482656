/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_check.h - what the checks of abi_check.c are made with: results, the
 * driver's requests, the kernel's own view, memory and processes.
 */
#ifndef ABI_CHECK_H
#define ABI_CHECK_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "page_pin.h"

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

#define NO_ANSWER LLONG_MIN

/* The bit of a page in /proc/kpageflags, by linux/kernel-page-flags.h. */
#define DIRTY_BIT 4

static int checks, failures;
static long page_size;
static long long pins_before; /* of others, or leaked by another driver */

/* --- results --- */

static const char *verdict(bool ok)
{
	checks++;
	failures += !ok;
	return ok ? "ok" : "not ok";
}

/* A negative errno is shown with its text. */
static const char *shown(long long value, char *buf, size_t size)
{
	if (value < 0 && value > -4096)
		snprintf(buf, size, "%lld (%s)", value, strerror(-(int)value));
	else
		snprintf(buf, size, "%lld", value);
	return buf;
}

static void check(const char *text, long long got, long long expected)
{
	const char *word = verdict(got == expected);
	char a[80], b[80];

	printf("%s %d - %s", word, checks, text);
	if (got != expected)
		printf(": got %s, expected %s", shown(got, a, sizeof(a)),
		       shown(expected, b, sizeof(b)));
	printf("\n");
}

static void skip(const char *text, const char *why)
{
	const char *word = verdict(true);

	printf("%s %d - %s # SKIP %s\n", word, checks, text, why);
}

/* What the checks stand on, not what they are about. */
static void need(bool ok, const char *what)
{
	if (ok)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(KSFT_FAIL);
}

/* --- the driver's requests; each answers 0 or a negative errno --- */

static int request(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

static int range_request(int fd, unsigned long cmd, const void *p, size_t size)
{
	struct page_pin_range range = { (unsigned long)p, size };

	return request(fd, cmd, &range);
}

static int pin(int fd, const void *p, size_t size)
{
	return range_request(fd, TEST_PIN, p, size);
}

static int unpin(int fd, const void *p, size_t size)
{
	return range_request(fd, TEST_UNPIN, p, size);
}

static int read_pin(int fd, const void *p, size_t size)
{
	return range_request(fd, PAGE_PIN_READ, p, size);
}

/* The pages of the range, or a negative errno. */
static long long query(int fd, const void *p, size_t size,
		       struct page_pin_page *pages, size_t capacity)
{
	struct page_pin_query q = {
		.addr = (uintptr_t)p,
		.size = size,
		.pages = (uintptr_t)pages,
		.capacity = capacity,
	};
	int err = request(fd, PAGE_PIN_QUERY, &q);

	return err ? err : (long long)q.nr_pages;
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	need(fd >= 0, path);
	return fd;
}

static int open_pin(void)
{
	return open_device(PAGE_PIN_DEVICE);
}

/* --- the kernel's own view --- */

/* The number behind name in a file like /proc/vmstat; 0 without one. */
static long long named_number(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(name);
	long long value = 0;
	char line[256];

	need(file, path);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, length) &&
		    strchr(" :\t", line[length]))
			value = atoll(line + length + 1);
	}
	fclose(file);
	return value;
}

/* Returns 0 or a negative errno. */
static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	need(fd >= 0, path);
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* Pins in the whole system that were not released. */
static long long system_pins(void)
{
	int err;

	/* The counters are per CPU and folded in batches: fold them now. */
	err = write_text("/proc/sys/vm/stat_refresh", "1");
	/* EINVAL: folded, but a counter, maybe another one, is negative. */
	need(!err || err == -EINVAL, "stat_refresh");
	return named_number("/proc/vmstat", "nr_foll_pin_acquired") -
	       named_number("/proc/vmstat", "nr_foll_pin_released");
}

/* Pins that are held since the start. */
static long long pins_held(void)
{
	return system_pins() - pins_before;
}

/* Pages that count against this process's RLIMIT_MEMLOCK. */
static long long pages_charged(void)
{
	return named_number("/proc/self/status", "VmPin") * 1024 / page_size;
}

/* Of a file that has eight bytes for each page. */
static uint64_t page_entry(const char *path, uint64_t page)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;
	off_t at = page * sizeof(entry);

	need(fd >= 0, path);
	need(pread(fd, &entry, sizeof(entry), at) == sizeof(entry), path);
	close(fd);
	return entry;
}

static uint64_t mapped_pfn(const void *p)
{
	return page_entry("/proc/self/pagemap", (uintptr_t)p / page_size) &
	       ((1ULL << 55) - 1);
}

static bool mapped_dirty(const void *p)
{
	return page_entry("/proc/kpageflags", mapped_pfn(p)) >> DIRTY_BIT & 1;
}

/* The node the page is on, or a negative errno. */
static int mapped_node(void *p)
{
	int node = -1;

	if (syscall(SYS_move_pages, 0, 1UL, &p, NULL, &node, 0) < 0)
		return -errno;
	return node;
}

static bool kernel_before(int major, int minor)
{
	struct utsname name;
	int is_major, is_minor;

	need(!uname(&name) &&
		     sscanf(name.release, "%d.%d", &is_major, &is_minor) == 2,
	     "uname");
	return is_major < major || (is_major == major && is_minor < minor);
}

/* --- memory and processes --- */

static char *map(size_t nr_pages, int prot)
{
	void *p = mmap(NULL, nr_pages * page_size, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED, "mmap");
	/* Huge pages would change what a page of the range is. */
	madvise(p, nr_pages * page_size, MADV_NOHUGEPAGE);
	return p;
}

static char *map_rw(size_t nr_pages)
{
	return map(nr_pages, PROT_READ | PROT_WRITE);
}

static void unmap(char *p, size_t nr_pages)
{
	munmap(p, nr_pages * page_size);
}

/* Answers of child processes; one that was never given is no answer. */
static long long *shared_answers(size_t count)
{
	long long *answers =
		mmap(NULL, count * sizeof(*answers), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t i;

	need(answers != MAP_FAILED, "mmap");
	for (i = 0; i < count; i++)
		answers[i] = NO_ANSWER;
	return answers;
}

/* Output still in the buffer would be printed by both processes. */
static pid_t fork_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	need(pid >= 0, "fork");
	return pid;
}

/* signal: what the child dies of; 0: it exits with 0. */
static void wait_child(const char *text, pid_t pid, int signal)
{
	int status;

	need(waitpid(pid, &status, 0) == pid, "waitpid");
	/* That is how a status is made; a core dump or an exit adds to it. */
	check(text, status, signal);
}

#endif /* ABI_CHECK_H */
