"""Texts of the guest's kernel: counters, a process's mappings, and the log."""

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
# By which a test says in the kernel's log, and so on the console, that its time begins or ends.
TEST_MARK = "pin-guest: test"
_BEGINS, _ENDS = "begins", "ends"
# Before there was a mark of the end, that of the beginning did not say what it is.
_MARK = re.compile(rf"^.*{TEST_MARK} \d+(?: {_BEGINS})?, .*\n?", re.MULTILINE)
# Before it on a console's line can be what a program printed.
_LOG_TIME = re.compile(r"^.*\[ *\d+\.\d+\]\s*(\[ *[TC]\d+\]\s*)?")


def begin_mark(number: int, name: str) -> str:
    """Return the line that says in the kernel's log that a test begins.

    :param number: of the guest's tests
    """
    return f"{TEST_MARK} {number} {_BEGINS}, {name}"


def end_mark(number: int, name: str) -> str:
    """Return the line that says in the kernel's log that all of a test is before it."""
    return f"{TEST_MARK} {number} {_ENDS}, {name}"


def of_test(log: str) -> str:
    """Return what a log has from the last test's beginning on; without any, all of it.

    :param log: the kernel's, or a console's
    """
    return _at_mark(log)[1]


def before_test(log: str) -> str:
    """Return what a log has before the last test's beginning; without any, nothing."""
    return _at_mark(log)[0]


def marked(log: str) -> str:
    """Return the mark of the last test's beginning in a log; nothing if there is none."""
    marks = _MARK.findall(log)
    return marks[-1][marks[-1].index(TEST_MARK) :].strip() if marks else ""


def has_end(log: str) -> bool:
    """Return whether a log has the end of its last test too, if it can be told."""
    begins = marked(log)
    ends = begins.replace(f" {_BEGINS}, ", f" {_ENDS}, ", 1)
    return ends == begins or any(line.endswith(ends) for line in of_test(log).splitlines())


def _at_mark(log: str) -> tuple[str, str]:
    """Return what is before the last test's mark and what is after it."""
    marks = list(_MARK.finditer(log))
    return (log[: marks[-1].start()], log[marks[-1].end() :]) if marks else ("", log)


def trouble(log: str) -> list[str]:
    """Return the lines of a kernel log that begin a report of something wrong in the kernel.

    A warning with its place, a bug, an oops, a stall, a lockup; not each line that warns.
    """
    return [_LOG_TIME.sub("", line).strip() for line in log.splitlines() if _TROUBLE.search(line)]
