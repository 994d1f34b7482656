/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * page_pin.h - the user-visible interface of the page_pin driver.
 *
 * This is its only definition: the driver, the workload and programs of others
 * include this file.
 *
 * /dev/page_pin and /dev/uacce_pin_page pin the pages behind a range of the
 * caller's memory for the long term. A range covers the pages from addr's page
 * to the page of addr + size - 1; addr need not be page aligned. Closing the
 * file unpins everything that was pinned through it.
 */
#ifndef PAGE_PIN_H
#define PAGE_PIN_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PAGE_PIN_DEVICE "/dev/page_pin"
#define PAGE_PIN_UACCE_DEVICE "/dev/uacce_pin_page"

/* Raised when a request below changes its meaning; requests may be added. */
#define PAGE_PIN_ABI 1

/*
 * Pin and unpin, as the original programs know them. The size of the structure
 * is part of the request's number, so 32-bit callers have numbers of their own.
 *
 * Any:   ENOTTY (not a request of this device), EFAULT (the structure can't be
 *        read or written), EINTR (the process is being killed), EINVAL (size 0,
 *        or addr + size overflows).
 * Pin:   EINVAL (more than max_pages pages), EEXIST (overlaps a pinned range of
 *        this file), ENOMEM (past RLIMIT_MEMLOCK, which counts by address space
 *        and which CAP_IPC_LOCK lifts; or the kernel has no memory, or can't
 *        move a page out of ZONE_MOVABLE or CMA), EFAULT (not mapped, not
 *        writable, or not pinnable for the long term). Nothing stays pinned
 *        after an error. Kernels before 6.5 also pin shared mappings of files
 *        on disk file systems; newer ones don't (EFAULT).
 * Unpin: ENOENT (nothing of the range is pinned), EINVAL (some of it is, but
 *        the range is not one that was pinned).
 */
struct page_pin_range {
	unsigned long addr; /* bytes */
	unsigned long size; /* bytes */
};

#define TEST_PIN _IOW('W', 0, struct page_pin_range)
#define TEST_UNPIN _IOW('W', 1, struct page_pin_range)
#define UACCE_PIN _IOW('W', 2, struct page_pin_range)
#define UACCE_CMD_UNPIN _IOW('W', 3, struct page_pin_range)

/* What the driver holds: one pinned page. */
struct page_pin_page {
	__u64 pfn; /* 0 unless the caller has CAP_SYS_ADMIN */
	__s32 node;
	__u32 reserved; /* 0 */
};

/*
 * Query a pinned range, the same that was pinned: errors as for unpin, and
 * EFAULT if the pages can't be stored. nr_pages is always answered; at most
 * capacity pages are stored.
 */
struct page_pin_query {
	__u64 addr; /* in: bytes */
	__u64 size; /* in: bytes */
	__u64 pages; /* in: pointer to struct page_pin_page[capacity], or 0 */
	__u64 capacity; /* in: pages that fit there */
	__u64 nr_pages; /* out: pages in the range */
};

struct page_pin_version {
	__u32 abi; /* PAGE_PIN_ABI of the driver */
	__u32 reserved; /* 0 */
	char driver[24]; /* version of the driver, NUL-terminated */
};

#define PAGE_PIN_QUERY _IOWR('W', 16, struct page_pin_query)
#define PAGE_PIN_VERSION _IOR('W', 17, struct page_pin_version)

/*
 * Pin, as above and on both devices, for a device that only reads: a mapping
 * that is only readable is pinnable too, also one of a file on disk, and unpin
 * doesn't mark the pages dirty. Unpin and query are those of the other pins,
 * and so are the errors.
 *
 * Where a private mapping was not written yet it maps a page that it shares:
 * the zero page, or one of a file. Kernels before 6.2 pin that one, and the
 * first write then gives the process another page: the device and query keep
 * the old one. Kernels from 6.2 on give the process a page of its own before
 * they pin, as all do for a pin above. Late stable kernels of 6.1 answer a pin
 * of the zero page, which is never freed, without counting it in /proc/vmstat.
 */
#define PAGE_PIN_READ _IOW('W', 18, struct page_pin_range)

#endif /* PAGE_PIN_H */
