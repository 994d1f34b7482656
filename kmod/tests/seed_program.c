// SPDX-License-Identifier: GPL-2.0
/*
 * A program as it was written for the first page_pin driver: its own copy of
 * the interface, no header of this project. It must run unmodified.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

struct pin_data {
	unsigned long addr;
	unsigned long size;
};

#define TEST_PIN _IOW('W', 0, struct pin_data)
#define TEST_UNPIN _IOW('W', 1, struct pin_data)

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static int pin_and_unpin(int fd, struct pin_data *data)
{
	long faults, before;

	/* The first calls fault in what of this program they need. */
	ioctl(fd, TEST_UNPIN, data); /* ENOENT */
	minor_faults();
	before = minor_faults();
	if (ioctl(fd, TEST_PIN, data)) {
		perror("TEST_PIN");
		return 1;
	}
	faults = minor_faults() - before;
	printf("minor faults at the pin: %ld\n", faults);
	if (ioctl(fd, TEST_UNPIN, data)) {
		perror("TEST_UNPIN");
		return 1;
	}
	return faults == 2 ? 0 : 1;
}

int main(void)
{
	size_t size = 2 * sysconf(_SC_PAGESIZE);
	struct pin_data data;
	void *p;
	int fd;

	fd = open("/dev/page_pin", O_RDWR);
	if (fd < 0) {
		perror("/dev/page_pin");
		return 1;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	data.addr = (unsigned long)p;
	data.size = size;
	return pin_and_unpin(fd, &data);
}
