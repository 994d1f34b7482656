// SPDX-License-Identifier: GPL-2.0
/*
 * abi_check - checks every promise of page_pin.h against the loaded driver.
 *
 * Runs as root in a guest with page_pin loaded and no other user of pins.
 * Prints TAP; exits as kselftests do: 0 pass, 1 fail, 4 skip. Built with -m32
 * it checks the same promises for 32-bit callers.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi_check.h"
#include "page_pin.h"

#define MAX_PAGES_FILE "/sys/module/page_pin/parameters/max_pages"
#define TMPFS_MAGIC_NUMBER 0x01021994
#define RAMFS_MAGIC_NUMBER 0x858458f6

#define NOBODY 65534
#define RACERS 8
#define RACE_ROUNDS 50
#define MIX_ROUNDS 300
#define CLOSE_ROUNDS 50
#define MANY_PAGES 10000
#define LASTING_SECONDS 2

/* --- pin, unpin and query --- */

static void check_pin_unpin(void)
{
	char *p = map_rw(2);
	size_t size = 2 * page_size;
	int fd = open_pin();

	check("pin two pages", pin(fd, p, size), 0);
	check("two pins are held", pins_held(), 2);
	check("two pages are charged", pages_charged(), 2);
	check("pin them again", pin(fd, p, size), -EEXIST);
	check("unpin them", unpin(fd, p, size), 0);
	check("no pin is held after the unpin", pins_held(), 0);
	check("no page is charged after the unpin", pages_charged(), 0);
	check("unpin them again", unpin(fd, p, size), -ENOENT);
	check("pin them once more", pin(fd, p, size), 0);
	close(fd);
	unmap(p, 2);
}

static void check_uacce_device(void)
{
	char *p = map_rw(2);
	size_t size = 2 * page_size;
	int fd = open_device(PAGE_PIN_UACCE_DEVICE);

	check("UACCE_PIN two pages", range_request(fd, UACCE_PIN, p, size), 0);
	check("UACCE: query", query(fd, p, size, NULL, 0), 2);
	check("UACCE: TEST_PIN", pin(fd, p, size), -ENOTTY);
	check("UACCE: TEST_UNPIN", unpin(fd, p, size), -ENOTTY);
	check("UACCE: two pins are held", pins_held(), 2);
	check("UACCE_CMD_UNPIN", range_request(fd, UACCE_CMD_UNPIN, p, size),
	      0);
	check("UACCE: no pin is held after the unpin", pins_held(), 0);
	close(fd);
	unmap(p, 2);
}

static void check_unknown_requests(void)
{
	/* TEST_PIN of programs with the other size of long. */
	unsigned long other = _IOC(_IOC_WRITE, 'W', 0, 24 - 2 * sizeof(long));
	char *p = map_rw(2);
	int fd = open_pin();

	check("UACCE_PIN on page_pin",
	      range_request(fd, UACCE_PIN, p, page_size), -ENOTTY);
	check("UACCE_CMD_UNPIN on page_pin",
	      range_request(fd, UACCE_CMD_UNPIN, p, page_size), -ENOTTY);
	check("an unknown number", request(fd, _IO('W', 99), NULL), -ENOTTY);
	check("an unknown type",
	      range_request(fd, _IOW('X', 0, struct page_pin_range), p, 1),
	      -ENOTTY);
	check("the other word size's number",
	      range_request(fd, other, p, page_size), -ENOTTY);
	check("no structure to read", request(fd, TEST_PIN, NULL), -EFAULT);
	check("no pin is held after unknown requests", pins_held(), 0);
	close(fd);
	unmap(p, 2);
}

static void check_bad_ranges(void)
{
	char *p = map_rw(1);
	void *last = (void *)-page_size;
	int fd = open_pin();

	check("pin size 0", pin(fd, p, 0), -EINVAL);
	check("unpin size 0", unpin(fd, p, 0), -EINVAL);
	check("query size 0", query(fd, p, 0, NULL, 0), -EINVAL);
	check("pin to the end of addresses", pin(fd, last, page_size), -EINVAL);
	check("pin past the end of addresses", pin(fd, last, 2 * page_size),
	      -EINVAL);
	check("pin with the largest size", pin(fd, p, -1UL), -EINVAL);
	check("pin kernel addresses", pin(fd, last, page_size - 1), -EFAULT);
	check("pin page 0", pin(fd, NULL, page_size), -EFAULT);
	check("no pin is held after bad ranges", pins_held(), 0);
	close(fd);
	unmap(p, 1);
}

static void check_unaligned(void)
{
	char *p = map_rw(3);
	int fd = open_pin();

	check("pin one page's size across two pages",
	      pin(fd, p + 100, page_size), 0);
	check("it is two pages", query(fd, p + 100, page_size, NULL, 0), 2);
	check("two pins are held for it", pins_held(), 2);
	check("unpin it", unpin(fd, p + 100, page_size), 0);
	check("pin one byte", pin(fd, p + page_size - 1, 1), 0);
	check("one byte is one page", query(fd, p + page_size - 1, 1, NULL, 0),
	      1);
	check("unpin the page by its start", unpin(fd, p, page_size), 0);
	check("no pin is held after unaligned ranges", pins_held(), 0);
	close(fd);
	unmap(p, 3);
}

static void check_overlaps(void)
{
	char *p = map_rw(6);
	int fd = open_pin(), other = open_pin();

	check("pin pages 1-2", pin(fd, p + page_size, 2 * page_size), 0);
	check("pin pages 0-1", pin(fd, p, 2 * page_size), -EEXIST);
	check("pin pages 2-3", pin(fd, p + 2 * page_size, 2 * page_size),
	      -EEXIST);
	check("pin page 2", pin(fd, p + 2 * page_size, 1), -EEXIST);
	check("pin pages 0-3", pin(fd, p, 4 * page_size), -EEXIST);
	check("pin page 0, a neighbour", pin(fd, p, page_size), 0);
	check("pin page 3, a neighbour", pin(fd, p + 3 * page_size, 1), 0);
	check("pin pages 0-5 through another file",
	      pin(other, p, 6 * page_size), 0);
	check("ten pins are held", pins_held(), 10);
	close(other);
	check("closing the other file leaves four", pins_held(), 4);
	close(fd);
	unmap(p, 6);
}

static void check_mismatches(void)
{
	char *p = map_rw(6);
	int fd = open_pin();

	need(!pin(fd, p, 2 * page_size), "pin");
	need(!pin(fd, p + 2 * page_size, 2 * page_size), "pin");
	check("unpin a part", unpin(fd, p, page_size), -EINVAL);
	check("unpin two ranges at once", unpin(fd, p, 4 * page_size), -EINVAL);
	check("unpin more than is pinned", unpin(fd, p, 6 * page_size),
	      -EINVAL);
	check("unpin what is not pinned",
	      unpin(fd, p + 4 * page_size, page_size), -ENOENT);
	check("query a part", query(fd, p, page_size, NULL, 0), -EINVAL);
	check("query what is not pinned",
	      query(fd, p + 4 * page_size, page_size, NULL, 0), -ENOENT);
	check("four pins are held after mismatches", pins_held(), 4);
	close(fd);
	unmap(p, 6);
}

static void check_partly_mapped(void)
{
	char *p = map_rw(4);
	int fd = open_pin();

	unmap(p + 3 * page_size, 1);
	check("pin a range whose last page is not mapped",
	      pin(fd, p, 4 * page_size), -EFAULT);
	check("nothing of it stays pinned", pins_held(), 0);
	check("nothing of it stays charged", pages_charged(), 0);
	check("query it", query(fd, p, 4 * page_size, NULL, 0), -ENOENT);
	check("pin the mapped part", pin(fd, p, 3 * page_size), 0);
	close(fd);
	unmap(p, 3);
}

static void check_read_only(void)
{
	char *p = map(2, PROT_READ);
	int fd = open_pin();

	check("pin a read-only mapping", pin(fd, p, 2 * page_size), -EFAULT);
	check("no pin is held after that", pins_held(), 0);
	close(fd);
	unmap(p, 2);
}

static bool on_disk(int fd)
{
	struct statfs fs;

	need(!fstatfs(fd, &fs), "fstatfs");
	return (unsigned int)fs.f_type != TMPFS_MAGIC_NUMBER &&
	       (unsigned int)fs.f_type != RAMFS_MAGIC_NUMBER;
}

/* Kernels before 6.5 pin pages on a disk, which may harm its file system. */
static void check_shared_file(void)
{
	char name[] = "abi_check.XXXXXX";
	int fd = open_pin(), file = mkstemp(name);
	char *p;

	need(file >= 0 && !unlink(name) && !ftruncate(file, page_size), name);
	p = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	need(p != MAP_FAILED, "mmap of a file");
	check("pin a shared mapping of a file for reading",
	      read_pin(fd, p, page_size), 0);
	check("unpin it", unpin(fd, p, page_size), 0);
	if (!on_disk(file))
		check("pin a shared tmpfs mapping", pin(fd, p, page_size), 0);
	else if (kernel_before(6, 5))
		skip("pin a shared file mapping", "this kernel would pin it");
	else
		check("pin a shared file mapping", pin(fd, p, page_size),
		      -EFAULT);
	close(fd);
	check("no pin is held after a file's page", pins_held(), 0);
	close(file);
	unmap(p, 1);
}

static void check_max_pages(void)
{
	long long saved;
	char text[32];
	char *p = map_rw(5);
	int fd = open_pin();
	FILE *file = fopen(MAX_PAGES_FILE, "re");

	need(file && fscanf(file, "%lld", &saved) == 1, MAX_PAGES_FILE);
	fclose(file);
	check("max_pages is 1048576", saved, 1 << 20);
	check("max_pages = 0", write_text(MAX_PAGES_FILE, "0"), -EINVAL);
	check("max_pages = 2^27 + 1", write_text(MAX_PAGES_FILE, "134217729"),
	      -EINVAL);
	check("max_pages = 4", write_text(MAX_PAGES_FILE, "4"), 0);
	check("pin five pages", pin(fd, p, 5 * page_size), -EINVAL);
	check("pin five pages for reading", read_pin(fd, p, 5 * page_size),
	      -EINVAL);
	check("pin four pages", pin(fd, p, 4 * page_size), 0);
	snprintf(text, sizeof(text), "%lld", saved);
	check("max_pages restored", write_text(MAX_PAGES_FILE, text), 0);
	close(fd);
	unmap(p, 5);
}

static long long wrong_pages(char *p, const struct page_pin_page *pages,
			     size_t count)
{
	long long wrong = 0;
	size_t i;

	for (i = 0; i < count; i++)
		wrong += pages[i].pfn != mapped_pfn(p + i * page_size) ||
			 !pages[i].pfn || pages[i].reserved;
	return wrong;
}

static void check_nodes(char *p, const struct page_pin_page *pages,
			size_t count)
{
	long long wrong = 0;
	size_t i;

	if (mapped_node(p) == -ENOSYS) {
		skip("nodes are those of move_pages", "no move_pages here");
		return;
	}
	for (i = 0; i < count; i++)
		wrong += pages[i].node != mapped_node(p + i * page_size);
	check("nodes that are not those of move_pages", wrong, 0);
}

static void check_query(void)
{
	struct page_pin_page pages[101] = { [40] = { .pfn = 1, .node = -7 },
					    [100] = { .pfn = 2, .node = -8 } };
	size_t size = 100 * page_size;
	char *p = map_rw(100);
	int fd = open_pin();

	need(!pin(fd, p, size), "pin");
	check("query without an array", query(fd, p, size, NULL, 9), 100);
	check("query with capacity 0", query(fd, p, size, pages, 0), 100);
	check("query with capacity 40", query(fd, p, size, pages, 40), 100);
	check("40 pages are right", wrong_pages(p, pages, 40), 0);
	check("the 41st was not stored", pages[40].node, -7);
	check("query with capacity 101", query(fd, p, size, pages, 101), 100);
	check("100 pages are right", wrong_pages(p, pages, 100), 0);
	check("the 101st was not stored", pages[100].node, -8);
	check_nodes(p, pages, 100);
	check("query into an array that is not mapped",
	      query(fd, p, size, (void *)page_size, 100), -EFAULT);
	close(fd);
	unmap(p, 100);
}

static void check_many_pages(void)
{
	struct page_pin_page *pages = calloc(MANY_PAGES, sizeof(*pages));
	size_t size = (size_t)MANY_PAGES * page_size;
	char *p = map_rw(MANY_PAGES);
	int fd = open_pin();

	need(pages, "calloc");
	check("pin 10000 pages", pin(fd, p, size), 0);
	check("10000 pins are held", pins_held(), MANY_PAGES);
	check("query 10000 pages", query(fd, p, size, pages, MANY_PAGES),
	      MANY_PAGES);
	check("10000 pages are right", wrong_pages(p, pages, MANY_PAGES), 0);
	check("unpin 10000 pages", unpin(fd, p, size), 0);
	check("no pin is held after 10000", pins_held(), 0);
	/* Fails late: all the chunks before it must be undone. */
	unmap(p + size - page_size, 1);
	check("pin 10000 pages, one missing", pin(fd, p, size), -EFAULT);
	check("no pin is held after one missing", pins_held(), 0);
	close(fd);
	unmap(p, MANY_PAGES - 1);
	free(pages);
}

static void check_version(void)
{
	struct page_pin_version v = { .abi = ~0U, .reserved = ~0U };
	char loaded[sizeof(v.driver) + 1] = "";
	FILE *file = fopen("/sys/module/page_pin/version", "re");
	int fd = open_pin();

	need(file && fscanf(file, "%24s", loaded) == 1, "module's version");
	fclose(file);
	check("version", request(fd, PAGE_PIN_VERSION, &v), 0);
	check("the ABI is the header's", v.abi, PAGE_PIN_ABI);
	check("reserved is 0", v.reserved, 0);
	check("the name ends", !memchr(v.driver, 0, sizeof(v.driver)), 0);
	v.driver[sizeof(v.driver) - 1] = 0;
	check("it is the module's version", strcmp(v.driver, loaded), 0);
	check("version into nowhere", request(fd, PAGE_PIN_VERSION, NULL),
	      -EFAULT);
	close(fd);
}

/* --- pins for reading --- */

struct device {
	const char *path;
	unsigned long pin;
	unsigned long unpin;
};

static const struct device devices[] = {
	{ PAGE_PIN_DEVICE, TEST_PIN, TEST_UNPIN },
	{ PAGE_PIN_UACCE_DEVICE, UACCE_PIN, UACCE_CMD_UNPIN },
};

static void check_on(const struct device *device, const char *text,
		     long long got, long long expected)
{
	char full[160];

	snprintf(full, sizeof(full), "%s: %s", device->path, text);
	check(full, got, expected);
}

static char *map_written(size_t nr_pages)
{
	char *p = map_rw(nr_pages);

	memset(p, 'w', nr_pages * page_size);
	return p;
}

static void check_read_pin(const struct device *device)
{
	struct page_pin_page pages[2] = { 0 };
	char *p = map_written(2);
	size_t size = 2 * page_size;
	int fd = open_device(device->path);

	check_on(device, "pin two pages for reading", read_pin(fd, p, size), 0);
	check_on(device, "two read pins are held", pins_held(), 2);
	check_on(device, "two pages are charged for them", pages_charged(), 2);
	check_on(device, "query them", query(fd, p, size, pages, 2), 2);
	check_on(device, "they are right", wrong_pages(p, pages, 2), 0);
	check_on(device, "unpin them",
		 range_request(fd, device->unpin, p, size), 0);
	check_on(device, "no read pin is held after the unpin", pins_held(), 0);
	check_on(device, "no page is charged after the unpin", pages_charged(),
		 0);
	check_on(device, "pin them for reading again", read_pin(fd, p, size),
		 0);
	close(fd);
	check_on(device, "closing unpins them", pins_held(), 0);
	check_on(device, "and charges nothing", pages_charged(), 0);
	unmap(p, 2);
}

static void check_read_pin_errors(const struct device *device)
{
	/* The request of programs with the other size of long. */
	unsigned long other = _IOC(_IOC_WRITE, 'W', _IOC_NR(PAGE_PIN_READ),
				   24 - 2 * sizeof(long));
	char *p = map_written(2);
	int fd = open_device(device->path);

	check_on(device, "the other word size's read pin",
		 range_request(fd, other, p, page_size), -ENOTTY);
	check_on(device, "read pin without a structure",
		 request(fd, PAGE_PIN_READ, NULL), -EFAULT);
	check_on(device, "read pin size 0", read_pin(fd, p, 0), -EINVAL);
	check_on(device, "read pin to the end of addresses",
		 read_pin(fd, (void *)-page_size, page_size), -EINVAL);
	unmap(p + page_size, 1);
	check_on(device, "read pin of a page that is not mapped",
		 read_pin(fd, p, 2 * page_size), -EFAULT);
	check_on(device, "nothing of it stays pinned", pins_held(), 0);
	check_on(device, "nothing of it stays charged", pages_charged(), 0);
	close(fd);
	unmap(p, 1);
}

static void check_read_pin_read_only(const struct device *device)
{
	struct page_pin_page pages[2] = { 0 };
	size_t size = 2 * page_size;
	char *p = map(2, PROT_READ);
	int fd = open_device(device->path);

	check_on(device, "pin a read-only mapping",
		 range_request(fd, device->pin, p, size), -EFAULT);
	check_on(device, "pin it for reading", read_pin(fd, p, size), 0);
	check_on(device, "query it", query(fd, p, size, pages, 2), 2);
	check_on(device, "its pages are right", wrong_pages(p, pages, 2), 0);
	check_on(device, "unpin it", range_request(fd, device->unpin, p, size),
		 0);
	check_on(device, "no pin of it is held", pins_held(), 0);
	close(fd);
	unmap(p, 2);
}

static void check_read_pin_overlaps(const struct device *device)
{
	size_t size = 2 * page_size;
	char *p = map_written(4), *upper = p + size;
	int fd = open_device(device->path);

	need(!read_pin(fd, p, size), "pin for reading");
	check_on(device, "pin a page that is pinned for reading",
		 range_request(fd, device->pin, p + page_size, page_size),
		 -EEXIST);
	check_on(device, "pin it for reading again",
		 read_pin(fd, p + page_size, page_size), -EEXIST);
	check_on(device, "pin the neighbours",
		 range_request(fd, device->pin, upper, size), 0);
	check_on(device, "pin one of them for reading",
		 read_pin(fd, upper, page_size), -EEXIST);
	check_on(device, "four pins of both sorts are held", pins_held(), 4);
	check_on(device, "unpin both sorts at once",
		 range_request(fd, device->unpin, p, 2 * size), -EINVAL);
	check_on(device, "unpin the neighbours",
		 range_request(fd, device->unpin, upper, size), 0);
	check_on(device, "the read pins are left", pins_held(), 2);
	close(fd);
	unmap(p, 4);
}

/* Whether the page is dirty, as the kernel counts it, after a pin and unpin. */
static bool dirty_after(const struct device *device, unsigned long pin_cmd,
			const char *p)
{
	int fd = open_device(device->path);

	need(!range_request(fd, pin_cmd, p, page_size) &&
		     !range_request(fd, device->unpin, p, page_size),
	     "pin and unpin");
	close(fd);
	return mapped_dirty(p);
}

static void check_read_pin_dirties_nothing(const struct device *device)
{
	char *p = map_written(1);
	bool before = mapped_dirty(p);

	check_on(device, "a read pin's end leaves the page as dirty as it was",
		 dirty_after(device, PAGE_PIN_READ, p), before);
	check_on(device, "another pin's end makes it dirty",
		 dirty_after(device, device->pin, p), true);
	unmap(p, 1);
}

static void check_read_pin_zero_page(const struct device *device)
{
	bool takes_zero_page = kernel_before(6, 2);
	struct page_pin_page pages[2] = { 0 };
	size_t size = 2 * page_size;
	char *p = map_rw(2);
	int fd = open_device(device->path);

	need(!((volatile char *)p)[0] && !((volatile char *)p)[page_size],
	     "read new memory");
	need(mapped_pfn(p) == mapped_pfn(p + page_size), "the zero page");
	need(!read_pin(fd, p, size) && query(fd, p, size, pages, 2) == 2,
	     "pin for reading");
	/* What a kernel counts of pins of the zero page differs: not checked. */
	check_on(device, "pages that were only read are one page to a read pin",
		 pages[0].pfn == pages[1].pfn, takes_zero_page);
	check_on(device, "they are the mapped ones", wrong_pages(p, pages, 2),
		 0);
	memset(p, 'w', size);
	check_on(device, "pinned pages that a write replaced",
		 wrong_pages(p, pages, 2), takes_zero_page ? 2 : 0);
	close(fd);
	check_on(device, "no pin of them is held", pins_held(), 0);
	unmap(p, 2);
}

static void check_read_pins(void)
{
	size_t i;

	for (i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		check_read_pin(&devices[i]);
		check_read_pin_errors(&devices[i]);
		check_read_pin_read_only(&devices[i]);
		check_read_pin_overlaps(&devices[i]);
		check_read_pin_dirties_nothing(&devices[i]);
		check_read_pin_zero_page(&devices[i]);
	}
}

/* --- RLIMIT_MEMLOCK --- */

enum {
	LIMIT_ROOT,
	LIMIT_UNDER,
	LIMIT_PAST,
	LIMIT_READ_PAST,
	LIMIT_PFN,
	LIMIT_NODE_OK,
	LIMIT_QUERY,
	LIMIT_OTHER_FILE,
	LIMIT_AGAIN,
	LIMIT_CHARGED,
	LIMIT_ANSWERS
};

static void use_up_limit(int fd, int other, char *p, long long *answers)
{
	struct page_pin_page page = { .pfn = 1, .node = -1 };

	answers[LIMIT_ROOT] = pin(fd, p, 8 * page_size);
	unpin(fd, p, 8 * page_size);
	/* Leaving root drops CAP_IPC_LOCK and CAP_SYS_ADMIN. */
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		_exit(1);
	answers[LIMIT_PAST] = pin(fd, p, 5 * page_size);
	answers[LIMIT_READ_PAST] = read_pin(fd, p, 5 * page_size);
	answers[LIMIT_UNDER] = pin(fd, p, 4 * page_size);
	answers[LIMIT_QUERY] = query(fd, p, 4 * page_size, &page, 1);
	answers[LIMIT_PFN] = page.pfn;
	answers[LIMIT_NODE_OK] = page.node >= 0;
	answers[LIMIT_OTHER_FILE] = pin(other, p + 4 * page_size, page_size);
	unpin(fd, p, 4 * page_size);
	answers[LIMIT_AGAIN] = pin(other, p + 4 * page_size, page_size);
	answers[LIMIT_CHARGED] = pages_charged();
}

static void check_rlimit(void)
{
	struct rlimit limit = { 4 * page_size, 4 * page_size };
	long long *answers = shared_answers(LIMIT_ANSWERS);
	int fd = open_pin(), other = open_pin();
	char *p = map_rw(8);
	pid_t pid = fork_child();

	if (!pid) {
		setrlimit(RLIMIT_MEMLOCK, &limit);
		use_up_limit(fd, other, p, answers);
		_exit(0);
	}
	wait_child("nobody's process ends as it should", pid, 0);
	check("root pins past RLIMIT_MEMLOCK", answers[LIMIT_ROOT], 0);
	check("nobody doesn't", answers[LIMIT_PAST], -ENOMEM);
	check("nobody doesn't for reading", answers[LIMIT_READ_PAST], -ENOMEM);
	check("nobody pins up to it", answers[LIMIT_UNDER], 0);
	check("nobody may query", answers[LIMIT_QUERY], 4);
	check("nobody is not told the PFN", answers[LIMIT_PFN], 0);
	check("nobody is told the node", answers[LIMIT_NODE_OK], 1);
	check("another file has no limit of its own", answers[LIMIT_OTHER_FILE],
	      -ENOMEM);
	check("an unpin makes room", answers[LIMIT_AGAIN], 0);
	check("one page is charged then", answers[LIMIT_CHARGED], 1);
	close(fd);
	close(other);
	check("no pin is held after the limit", pins_held(), 0);
	unmap(p, 8);
}

/* --- threads --- */

struct race {
	pthread_barrier_t start;
	int fd;
	char *p;
	int answers[RACERS];
	int next;
};

static void *race_to_pin(void *arg)
{
	struct race *race = arg;
	int me = __atomic_fetch_add(&race->next, 1, __ATOMIC_RELAXED);

	pthread_barrier_wait(&race->start);
	race->answers[me] = pin(race->fd, race->p, 4 * page_size);
	return NULL;
}

static void run_race(struct race *race)
{
	pthread_t threads[RACERS];
	int i;

	race->next = 0;
	for (i = 0; i < RACERS; i++)
		need(!pthread_create(&threads[i], NULL, race_to_pin, race),
		     "pthread_create");
	for (i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
}

static void check_threads(void)
{
	struct race race = { .fd = open_pin() };
	int winners = 0, losers = 0, unpinned = 0, round, i;

	race.p = map_rw(4);
	pthread_barrier_init(&race.start, NULL, RACERS);
	for (round = 0; round < RACE_ROUNDS; round++) {
		run_race(&race);
		for (i = 0; i < RACERS; i++) {
			winners += !race.answers[i];
			losers += race.answers[i] == -EEXIST;
		}
		unpinned += !unpin(race.fd, race.p, 4 * page_size);
	}
	check("one of 8 threads pins, 50 times", winners, RACE_ROUNDS);
	check("seven get EEXIST", losers, (RACERS - 1) * RACE_ROUNDS);
	check("what the one pinned can be unpinned", unpinned, RACE_ROUNDS);
	check("no pin is held after the races", pins_held(), 0);
	close(race.fd);
	unmap(race.p, 4);
}

/* Threads that pin, unpin and query one range for some rounds each. */
struct mix {
	pthread_barrier_t start;
	int fd;
	int rounds;
	char *p;
	int pins;
	int unpins;
	int closed; /* answers EBADF */
	int wrong; /* answers that are none of a request's own */
};

static void count(int *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static void mix_answer(struct mix *mix, long long got, long long done,
		       int *counter, int refusal)
{
	if (got == done)
		count(counter);
	else if (got == -EBADF)
		count(&mix->closed);
	else if (got != refusal)
		count(&mix->wrong);
}

static void *mix_requests(void *arg)
{
	size_t size = 4 * page_size;
	struct mix *mix = arg;
	int i, queries = 0;

	pthread_barrier_wait(&mix->start);
	for (i = 0; i < mix->rounds; i++) {
		mix_answer(mix, pin(mix->fd, mix->p, size), 0, &mix->pins,
			   -EEXIST);
		mix_answer(mix, query(mix->fd, mix->p, size, NULL, 0), 4,
			   &queries, -ENOENT);
		mix_answer(mix, unpin(mix->fd, mix->p, size), 0, &mix->unpins,
			   -ENOENT);
	}
	return NULL;
}

/* With close_it the file is closed in the middle of it. */
static void run_mix(struct mix *mix, bool close_it)
{
	pthread_t threads[RACERS];
	int i;

	pthread_barrier_init(&mix->start, NULL, RACERS + 1);
	for (i = 0; i < RACERS; i++)
		need(!pthread_create(&threads[i], NULL, mix_requests, mix),
		     "pthread_create");
	pthread_barrier_wait(&mix->start);
	if (close_it) {
		usleep(100);
		close(mix->fd);
	}
	for (i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&mix->start);
}

static void check_mixed_threads(void)
{
	struct mix mix = { .fd = open_pin(), .rounds = MIX_ROUNDS };

	mix.p = map_rw(4);
	run_mix(&mix, false);
	check("threads pin, query and unpin: wrong answers",
	      mix.wrong + mix.closed, 0);
	check("as many unpins as pins", mix.unpins, mix.pins);
	check("no pin is held after them", pins_held(), 0);
	check("no page is charged after them", pages_charged(), 0);
	close(mix.fd);
	unmap(mix.p, 4);
}

/* A request that has begun keeps the file open until it has ended. */
static void check_close_race(void)
{
	struct mix mix = { .rounds = MIX_ROUNDS };
	int round;

	mix.p = map_rw(4);
	for (round = 0; round < CLOSE_ROUNDS; round++) {
		mix.fd = open_pin();
		run_mix(&mix, true);
	}
	check("close while threads pin: wrong answers", mix.wrong, 0);
	printf("# %d requests came after the close\n", mix.closed);
	check("no pin is held after the closes", pins_held(), 0);
	check("no page is charged after the closes", pages_charged(), 0);
	unmap(mix.p, 4);
}

/* --- fork --- */

enum {
	FORK_UNPIN,
	FORK_QUERY,
	FORK_PIN,
	FORK_PIN_AGAIN,
	FORK_HELD,
	FORK_CHARGED,
	FORK_CLOSE,
	FORK_ANSWERS
};

static void use_parents_file(int fd, char *p, long long *answers)
{
	*p = 'c';
	answers[FORK_UNPIN] = unpin(fd, p, page_size);
	answers[FORK_QUERY] = query(fd, p, page_size, NULL, 0);
	answers[FORK_PIN] = pin(fd, p, page_size);
	answers[FORK_PIN_AGAIN] = pin(fd, p, page_size);
	answers[FORK_HELD] = pins_held();
	answers[FORK_CHARGED] = pages_charged();
	answers[FORK_CLOSE] = close(fd);
}

static void check_child(int fd, char *p)
{
	long long *answers = shared_answers(FORK_ANSWERS);
	pid_t pid = fork_child();

	if (!pid) {
		use_parents_file(fd, p, answers);
		_exit(0);
	}
	wait_child("child: ends as it should", pid, 0);
	check("child: unpin the parent's range", answers[FORK_UNPIN], -ENOENT);
	check("child: query the parent's range", answers[FORK_QUERY], -ENOENT);
	check("child: pin its own page there", answers[FORK_PIN], 0);
	check("child: pin it again", answers[FORK_PIN_AGAIN], -EEXIST);
	check("child: two pins are held", answers[FORK_HELD], 2);
	check("child: its page is charged to it", answers[FORK_CHARGED], 1);
	check("child: close its copy of the file", answers[FORK_CLOSE], 0);
}

static void check_fork(void)
{
	struct page_pin_page page = { 0 };
	char *p = map_rw(1);
	int fd = open_pin();

	*p = 'p';
	need(!pin(fd, p, page_size), "pin");
	check_child(fd, p);
	check("parent: both pins are held when the child is gone", pins_held(),
	      2);
	check("parent: its page is still charged, no other", pages_charged(),
	      1);
	check("parent: query", query(fd, p, page_size, &page, 1), 1);
	check("parent: its page is unchanged", *p, 'p');
	*p = 'q';
	check("parent: after a write its page is the pinned one", mapped_pfn(p),
	      page.pfn);
	check("parent: pin it again", pin(fd, p, page_size), -EEXIST);
	check("parent: unpin", unpin(fd, p, page_size), 0);
	check("parent: the child's pin is left", pins_held(), 1);
	check("parent: no page is charged", pages_charged(), 0);
	close(fd);
	check("the last close unpins the child's page too", pins_held(), 0);
	unmap(p, 1);
}

/* --- the end of files and processes --- */

static void check_close(void)
{
	char *p = map_rw(3);
	int fd = open_pin(), copy = dup(fd);

	need(copy >= 0 && !pin(fd, p, 2 * page_size) &&
		     !pin(fd, p + 2 * page_size, page_size),
	     "pin");
	close(copy);
	check("closing a copy leaves three pins", pins_held(), 3);
	unmap(p, 3);
	check("so does unmapping", pins_held(), 3);
	close(fd);
	check("closing the file unpins all", pins_held(), 0);
	check("and charges nothing", pages_charged(), 0);
}

/* The sleep is what is checked: a pin has no end of its own. */
static void check_lasting(void)
{
	struct page_pin_page before = { 0 }, after = { 0 };
	char *p = map_rw(1);
	int fd = open_pin();

	need(!pin(fd, p, page_size), "pin");
	need(query(fd, p, page_size, &before, 1) == 1, "query");
	sleep(LASTING_SECONDS);
	check("two seconds later the pin is held", pins_held(), 1);
	need(query(fd, p, page_size, &after, 1) == 1, "query");
	check("it is the same page", after.pfn, before.pfn);
	check("it is mapped", mapped_pfn(p), before.pfn);
	close(fd);
	unmap(p, 1);
}

static void check_kill(void)
{
	long long *ready = shared_answers(1);
	char *p = map_rw(16);
	pid_t pid = fork_child();

	if (!pid) {
		ready[0] = pin(open_pin(), p, 16 * page_size);
		raise(SIGKILL);
	}
	wait_child("a process is killed", pid, SIGKILL);
	check("a process pins", ready[0], 0);
	check("its death unpins", pins_held(), 0);
	unmap(p, 16);
}

static void check_removal(void)
{
	char *p = map_rw(1);
	int fd = open_pin();
	long ret;

	need(!pin(fd, p, page_size), "pin");
	ret = syscall(SYS_delete_module, "page_pin", O_NONBLOCK);
	check("remove the module while it pins", ret < 0 ? -errno : ret,
	      -EWOULDBLOCK);
	check("it still unpins", unpin(fd, p, page_size), 0);
	close(fd);
	unmap(p, 1);
}

static int skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return KSFT_SKIP;
}

static void (*const all_checks[])(void) = {
	check_pin_unpin,   check_uacce_device,	check_unknown_requests,
	check_bad_ranges,  check_unaligned,	check_overlaps,
	check_mismatches,  check_partly_mapped, check_read_only,
	check_shared_file, check_max_pages,	check_query,
	check_many_pages,  check_version,	check_read_pins,
	check_rlimit,	   check_threads,	check_mixed_threads,
	check_close_race,  check_fork,		check_close,
	check_lasting,	   check_kill,		check_removal,
};

int main(void)
{
	size_t i;

	page_size = sysconf(_SC_PAGESIZE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid())
		return skip_all("not root");
	if (access(PAGE_PIN_DEVICE, F_OK))
		return skip_all("no " PAGE_PIN_DEVICE);
	pins_before = system_pins();
	printf("# pins held before the first check: %lld\n", pins_before);
	for (i = 0; i < sizeof(all_checks) / sizeof(*all_checks); i++)
		all_checks[i]();
	check("no pin is held at the end", pins_held(), 0);
	printf("1..%d\n", checks);
	return failures ? KSFT_FAIL : KSFT_PASS;
}
