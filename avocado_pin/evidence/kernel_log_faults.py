"""Which lines of the guest's kernel log are a fault of the kernel."""

import re

# What the kernel prints when something is wrong with itself. Each with its backtrace or report
# after it, so that a mere line with the word WARNING in it, of which many machines log some at each
# boot, is none. By the format strings of the sources, of 5.10 to 7.3.
_TROUBLE = re.compile(
    "|".join(
        [
            # kernel/panic.c, __warn(): up to 6.18, and from 6.19 on with the place first.
            r"WARNING: CPU: \d+ PID: \d+ ",
            r"WARNING: (\S+:\d+ )?at .+, CPU#\d+: ",
            # kernel/locking/lockdep.c
            r"WARNING: (possible|inconsistent lock state|suspicious RCU usage|bad unlock balance)",
            r"WARNING: (bad contention|held lock freed|lock held when|Nested lock was not taken)",
            r"INFO: trying to register non-static key",
            r"WARNING: .* (still has locks held|lock order detected)",
            # BUG of mm/ (bad page, bad page map), kernel/sched, kernel/watchdog.c, KASAN, KFENCE
            # and others; lib/bug.c
            r"\bBUG: ",
            # mm/slub.c, slab_bug(): before a version of it that warns as well.
            r"\bBUG [\w.:-]+ \((Not t|T)ainted[^)]*\): ",
            r"kernel BUG at ",
            # arch/*/kernel/traps.c, dumpstack.c, arch/*/mm/fault.c; the last one is x86's of any
            # fault, as a general protection fault
            r"Oops: ",
            r"Internal error: ",
            r"Unable to handle kernel ",
            r"Insufficient stack space to handle exception",
            r": [0-9a-f]{4,} \[#\d+\]",
            # kernel/rcu/tree_stall.h, tree_exp.h, tasks.h
            r"detected (expedited )?stalls? on (CPUs|tasks)",
            r"self-detected stall on CPU",
            r"rcu_\w+ kthread (starved|timer wakeup didn't happen)",
            # kernel/watchdog.c, kernel/smp.c, kernel/hung_task.c
            r"Watchdog detected hard LOCKUP",
            r"Detected non-responsive CSD lock",
            r"INFO: task .+:\d+ .*for more than \d+ seconds",
            # lib/list_debug.c, lib/refcount.c, lib/ubsan.c, mm/kasan/report.c
            r"list_(add|del) (corruption|double add)",
            r"refcount_t: ",
            r"UBSAN: ",
            r"KASAN: ",
            # mm/oom_kill.c: of the workload or of what serves it, where nothing else runs
            r"ut of memory( \([\w ]+\))?: Killed process \d+",
            # kernel/panic.c
            r"Kernel panic - not syncing",
        ]
    )
)
# Before it on a console's line can be what a program printed.
_LOG_TIME = re.compile(r"^.*\[ *\d+\.\d+\]\s*(\[ *[TC]\d+\]\s*)?")


def trouble(log: str) -> list[str]:
    """Return the lines of a kernel log that begin a report of something wrong in the kernel.

    A warning with its place, a bug, an oops, a stall, a lockup; not each line that warns.
    """
    return [_LOG_TIME.sub("", line).strip() for line in log.splitlines() if _TROUBLE.search(line)]
