// SPDX-License-Identifier: GPL-2.0
/*
 * page_pin - pins pages of the caller's memory for the long term.
 *
 * The user-visible interface is described in page_pin.h. Beyond it:
 *
 * A range belongs to the open file and to the address space (mm) it was pinned
 * in. After a fork both processes may use the file, but an address names
 * another range in each of them: overlap, unpin and query look only at the
 * ranges of the caller's mm. What another mm pinned (a parent, a child that is
 * gone, the program before an exec) stays pinned until the file is closed for
 * the last time.
 *
 * A range is the set of its pages: two spellings of addr and size that cover
 * the same pages name the same range. It stays pinned, and its addresses stay
 * taken in that file, when the caller unmaps it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "page_pin.h"

#define DRIVER_VERSION "1.0"

/*
 * Pages pinned or unpinned between two looks at the scheduler: the fast path of
 * pinning walks the whole of its range with interrupts off.
 */
#define PINS_AT_ONCE 1024UL

/* Answers copied to the user at a time; they are on the stack. */
#define ANSWERS_AT_ONCE 16UL

/* A range with its array of pages stays below kvmalloc's limit of INT_MAX. */
#define MAX_PAGES_LIMIT (1U << 27)

struct pp_device {
	struct miscdevice misc;
	unsigned int pin_cmd;
	unsigned int unpin_cmd;
};

struct pp_file {
	const struct pp_device *device;
	struct mutex lock; /* protects ranges, held across a pin */
	struct list_head ranges;
};

/* Page-aligned addresses in the caller's mm. */
struct pp_span {
	unsigned long start;
	unsigned long nr;
};

struct pp_range {
	struct list_head node;
	struct mm_struct *mm; /* grabbed: whose pinned_vm counts the pages */
	bool write; /* pinned for a device that writes */
	struct pp_span span;
	struct page *pages[]; /* as many as span.nr */
};

static unsigned int max_pages = 1U << 20;

static int pp_set_max_pages(const char *text, const struct kernel_param *kp)
{
	unsigned int value;
	int err;

	err = kstrtouint(text, 0, &value);
	if (err)
		return err;
	if (!value || value > MAX_PAGES_LIMIT)
		return -EINVAL;
	WRITE_ONCE(max_pages, value);
	return 0;
}

static const struct kernel_param_ops pp_max_pages_ops = {
	.set = pp_set_max_pages,
	.get = param_get_uint,
};
module_param_cb(max_pages, &pp_max_pages_ops, &max_pages, 0644);
MODULE_PARM_DESC(max_pages,
		 "most pages of one pin, 1 to 134217728 (default 1048576)");

/*
 * The range that addr and size name. limit is the last address of the caller's
 * kind of program: for a 32-bit one addr + size overflows at 4 GiB.
 */
static int pp_span_set(struct pp_span *span, u64 addr, u64 size, u64 limit)
{
	unsigned long first, last;

	if (!size || addr > limit || size > limit - addr)
		return -EINVAL;
	/* A pointer with a tag names the same memory as the one without. */
	first = untagged_addr((unsigned long)addr);
	last = first + (unsigned long)size - 1;
	if (last < first)
		return -EINVAL;
	span->start = first & PAGE_MASK;
	span->nr = (last >> PAGE_SHIFT) - (first >> PAGE_SHIFT) + 1;
	return 0;
}

/* Compares page numbers: the end of the highest page is not an address. */
static bool pp_overlap(const struct pp_span *a, const struct pp_span *b)
{
	unsigned long a_first = a->start >> PAGE_SHIFT;
	unsigned long b_first = b->start >> PAGE_SHIFT;

	return a_first < b_first + b->nr && b_first < a_first + a->nr;
}

static struct pp_range *pp_first_overlap(struct pp_file *pf,
					 const struct pp_span *span)
{
	struct pp_range *range;

	list_for_each_entry(range, &pf->ranges, node) {
		if (range->mm == current->mm && pp_overlap(&range->span, span))
			return range;
	}
	return NULL;
}

/* The pinned range that is exactly span. */
static struct pp_range *pp_find(struct pp_file *pf, const struct pp_span *span)
{
	struct pp_range *range = pp_first_overlap(pf, span);

	if (!range)
		return ERR_PTR(-ENOENT);
	/* Ranges don't overlap, so no other one can be the right one. */
	if (range->span.start != span->start || range->span.nr != span->nr)
		return ERR_PTR(-EINVAL);
	return range;
}

static void pp_unaccount(struct mm_struct *mm, unsigned long nr)
{
	atomic64_sub(nr, &mm->pinned_vm);
}

/*
 * Counts pages against the caller's RLIMIT_MEMLOCK. They are added before the
 * limit is looked at, so that pins through several files can't pass together.
 */
static int pp_account(struct mm_struct *mm, unsigned long nr)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (atomic64_add_return(nr, &mm->pinned_vm) <= limit ||
	    capable(CAP_IPC_LOCK))
		return 0;
	pp_unaccount(mm, nr);
	return -ENOMEM;
}

static void pp_unpin_pages(struct page **pages, unsigned long nr, bool write)
{
	unsigned long done, n;

	for (done = 0; done < nr; done += n) {
		n = min(nr - done, PINS_AT_ONCE);
		/* FOLL_WRITE was for a device that writes: assume it did. */
		unpin_user_pages_dirty_lock(pages + done, n, write);
		cond_resched();
	}
}

/* Pins some of the rest of a range: how many, or an error. */
static long pp_pin_some(struct pp_range *range, unsigned long done)
{
	unsigned long n = min(range->span.nr - done, PINS_AT_ONCE);
	unsigned int flags = FOLL_LONGTERM | (range->write ? FOLL_WRITE : 0);
	long got;

	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	got = pin_user_pages_fast(range->span.start + (done << PAGE_SHIFT), n,
				  flags, range->pages + done);
	/*
	 * Names some kernels have for "not pinnable for the long term" and for
	 * "past the end of addresses".
	 */
	if (!got || got == -EOPNOTSUPP || got == -EOVERFLOW)
		return -EFAULT;
	return got;
}

/* A short count isn't an error yet: pinning on from there tells which one. */
static int pp_pin_pages(struct pp_range *range)
{
	unsigned long done = 0;
	long got;

	while (done < range->span.nr) {
		got = pp_pin_some(range, done);
		if (got < 0) {
			pp_unpin_pages(range->pages, done, range->write);
			return got;
		}
		done += got;
	}
	return 0;
}

/*
 * The pages are counted before the range is allocated: nobody gets more of the
 * kernel's memory than for the pages that the limit allows.
 */
static struct pp_range *pp_range_alloc(const struct pp_span *span, bool write)
{
	struct mm_struct *mm = current->mm;
	struct pp_range *range;
	int err;

	err = pp_account(mm, span->nr);
	if (err)
		return ERR_PTR(err);
	/* As large as the caller likes: to have no room is no kernel bug. */
	range = kvmalloc(struct_size(range, pages, span->nr),
			 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!range) {
		pp_unaccount(mm, span->nr);
		return ERR_PTR(-ENOMEM);
	}
	mmgrab(mm);
	range->mm = mm;
	range->write = write;
	range->span = *span;
	return range;
}

static void pp_range_free(struct pp_range *range)
{
	pp_unaccount(range->mm, range->span.nr);
	mmdrop(range->mm);
	kvfree(range);
}

static struct pp_range *pp_range_pin(const struct pp_span *span, bool write)
{
	struct pp_range *range;
	int err;

	range = pp_range_alloc(span, write);
	if (IS_ERR(range))
		return range;
	err = pp_pin_pages(range);
	if (err) {
		pp_range_free(range);
		return ERR_PTR(err);
	}
	return range;
}

static void pp_range_unpin(struct pp_range *range)
{
	pp_unpin_pages(range->pages, range->span.nr, range->write);
	pp_range_free(range);
}

/* The lock is held from the look for overlaps until the range is listed. */
static int pp_pin(struct pp_file *pf, const struct pp_span *span, bool write)
{
	struct pp_range *range;

	if (span->nr > READ_ONCE(max_pages))
		return -EINVAL;
	if (pp_first_overlap(pf, span))
		return -EEXIST;
	range = pp_range_pin(span, write);
	if (IS_ERR(range))
		return PTR_ERR(range);
	list_add(&range->node, &pf->ranges);
	return 0;
}

static int pp_unpin(struct pp_file *pf, const struct pp_span *span)
{
	struct pp_range *range = pp_find(pf, span);

	if (IS_ERR(range))
		return PTR_ERR(range);
	list_del(&range->node);
	pp_range_unpin(range);
	return 0;
}

static bool pp_knows(const struct pp_file *pf, unsigned int cmd)
{
	return cmd == pf->device->pin_cmd || cmd == pf->device->unpin_cmd ||
	       cmd == PAGE_PIN_READ;
}

static long pp_request(struct pp_file *pf, unsigned int cmd,
		       const struct pp_span *span)
{
	long ret;

	/* Killable: another thread may be busy pinning a million pages. */
	if (mutex_lock_killable(&pf->lock))
		return -EINTR;
	if (cmd == pf->device->unpin_cmd)
		ret = pp_unpin(pf, span);
	else
		ret = pp_pin(pf, span, cmd == pf->device->pin_cmd);
	mutex_unlock(&pf->lock);
	return ret;
}

static struct page_pin_page pp_describe(const struct page *page, bool show_pfn)
{
	return (struct page_pin_page){
		.pfn = show_pfn ? page_to_pfn(page) : 0,
		.node = page_to_nid(page),
	};
}

/* Stores what is known of the first count pages. */
static int pp_answer(const struct pp_range *range,
		     struct page_pin_page __user *to, unsigned long count)
{
	struct page_pin_page answers[ANSWERS_AT_ONCE];
	bool show_pfn = capable(CAP_SYS_ADMIN);
	unsigned long done, n, i;

	for (done = 0; done < count; done += n) {
		n = min(count - done, ANSWERS_AT_ONCE);
		for (i = 0; i < n; i++)
			answers[i] =
				pp_describe(range->pages[done + i], show_pfn);
		if (copy_to_user(to + done, answers, n * sizeof(*answers)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int pp_query_locked(struct pp_file *pf, const struct pp_span *span,
			   const struct page_pin_query *query,
			   struct page_pin_query __user *arg)
{
	struct pp_range *range = pp_find(pf, span);

	if (IS_ERR(range))
		return PTR_ERR(range);
	if (put_user((u64)range->span.nr, &arg->nr_pages))
		return -EFAULT;
	if (!query->pages)
		return 0;
	return pp_answer(range, u64_to_user_ptr(query->pages),
			 min_t(u64, query->capacity, range->span.nr));
}

static long pp_query(struct pp_file *pf, struct page_pin_query __user *arg,
		     u64 limit)
{
	struct page_pin_query query;
	struct pp_span span;
	int err;

	if (copy_from_user(&query, arg, sizeof(query)))
		return -EFAULT;
	err = pp_span_set(&span, query.addr, query.size, limit);
	if (err)
		return err;
	if (mutex_lock_killable(&pf->lock))
		return -EINTR;
	err = pp_query_locked(pf, &span, &query, arg);
	mutex_unlock(&pf->lock);
	return err;
}

static long pp_version(struct page_pin_version __user *arg)
{
	static const struct page_pin_version version = {
		.abi = PAGE_PIN_ABI,
		.driver = DRIVER_VERSION,
	};

	return copy_to_user(arg, &version, sizeof(version)) ? -EFAULT : 0;
}

static long pp_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pp_file *pf = file->private_data;
	void __user *argp = (void __user *)arg;
	struct page_pin_range range;
	struct pp_span span;
	int err;

	if (cmd == PAGE_PIN_QUERY)
		return pp_query(pf, argp, ULONG_MAX);
	if (cmd == PAGE_PIN_VERSION)
		return pp_version(argp);
	if (!pp_knows(pf, cmd))
		return -ENOTTY;
	if (copy_from_user(&range, argp, sizeof(range)))
		return -EFAULT;
	err = pp_span_set(&span, range.addr, range.size, ULONG_MAX);
	return err ? err : pp_request(pf, cmd, &span);
}

#ifdef CONFIG_COMPAT
/* struct page_pin_range as a 32-bit program lays it out. */
struct pp_range32 {
	u32 addr;
	u32 size;
};

/* Gives a 32-bit program's request the number that 64-bit ones use. */
static unsigned int pp_native(unsigned int cmd)
{
	if (_IOC_SIZE(cmd) != sizeof(struct pp_range32))
		return 0;
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd),
		    sizeof(struct page_pin_range));
}

static long pp_compat_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	struct pp_file *pf = file->private_data;
	void __user *argp = compat_ptr(arg);
	struct pp_range32 range;
	struct pp_span span;
	int err;

	if (cmd == PAGE_PIN_QUERY)
		return pp_query(pf, argp, U32_MAX);
	if (cmd == PAGE_PIN_VERSION)
		return pp_version(argp);
	cmd = pp_native(cmd);
	if (!pp_knows(pf, cmd))
		return -ENOTTY;
	if (copy_from_user(&range, argp, sizeof(range)))
		return -EFAULT;
	err = pp_span_set(&span, range.addr, range.size, U32_MAX);
	return err ? err : pp_request(pf, cmd, &span);
}
#endif

static int pp_open(struct inode *inode, struct file *file)
{
	struct miscdevice *misc = file->private_data;
	struct pp_file *pf;

	pf = kzalloc(sizeof(*pf), GFP_KERNEL_ACCOUNT);
	if (!pf)
		return -ENOMEM;
	pf->device = container_of(misc, struct pp_device, misc);
	mutex_init(&pf->lock);
	INIT_LIST_HEAD(&pf->ranges);
	file->private_data = pf;
	return 0;
}

/* The last close, by whichever process: nobody else can use the file now. */
static int pp_release(struct inode *inode, struct file *file)
{
	struct pp_file *pf = file->private_data;
	struct pp_range *range, *next;

	list_for_each_entry_safe(range, next, &pf->ranges, node)
		pp_range_unpin(range);
	mutex_destroy(&pf->lock);
	kfree(pf);
	return 0;
}

static const struct file_operations pp_fops = {
	.owner = THIS_MODULE,
	.open = pp_open,
	.release = pp_release,
	.unlocked_ioctl = pp_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl = pp_compat_ioctl,
#endif
};

static struct pp_device pp_devices[] = {
	{
		.misc = {
			.minor = MISC_DYNAMIC_MINOR,
			.name = "page_pin",
			.fops = &pp_fops,
		},
		.pin_cmd = TEST_PIN,
		.unpin_cmd = TEST_UNPIN,
	},
	{
		.misc = {
			.minor = MISC_DYNAMIC_MINOR,
			.name = "uacce_pin_page",
			.fops = &pp_fops,
		},
		.pin_cmd = UACCE_PIN,
		.unpin_cmd = UACCE_CMD_UNPIN,
	},
};

static int __init pp_init(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(pp_devices); i++) {
		err = misc_register(&pp_devices[i].misc);
		if (err)
			goto deregister;
	}
	return 0;

deregister:
	pr_err("cannot register %s: %d\n", pp_devices[i].misc.name, err);
	while (i--)
		misc_deregister(&pp_devices[i].misc);
	return err;
}

static void __exit pp_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(pp_devices); i++)
		misc_deregister(&pp_devices[i].misc);
}

module_init(pp_init);
module_exit(pp_exit);

MODULE_DESCRIPTION("Pins pages of user memory for the long term");
MODULE_LICENSE("GPL");
MODULE_VERSION(DRIVER_VERSION);
