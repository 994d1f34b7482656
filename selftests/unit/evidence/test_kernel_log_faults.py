from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.evidence import (
    kernel_log_faults,
)

Captured = Callable[[str], str]
DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("bug", "kernel BUG at provoke3.c:20!"),
        (
            "general_protection_fault",
            "general protection fault, probably for non-canonical address 0x5555000000000000: "
            "0000 [#1] PREEMPT SMP NOPTI",
        ),
        ("hung_task", "INFO: task insmod:185 blocked for more than 5 seconds."),
        ("lockup", "rcu: INFO: rcu_preempt self-detected stall on CPU"),
        ("null_pointer", "BUG: kernel NULL pointer dereference, address: 0000000000000000"),
        ("panic", "Kernel panic - not syncing: sysrq triggered crash"),
        ("refcount", "refcount_t: addition on 0; use-after-free."),
        ("scheduling_while_atomic", "BUG: scheduling while atomic: insmod/199/0x00000002"),
        (
            "warning",
            "WARNING: CPU: 1 PID: 171 at provoke.c:14 provoke_init+0x3a/0x1000 [provoke]",
        ),
    ],
)
def test_trouble_is_found_without_its_time(captured: Captured, name: str, first: str) -> None:
    assert kernel_log_faults.trouble(captured(f"dmesg/{name}.txt"))[0] == first


def test_each_line_of_trouble_is_found(captured: Captured) -> None:
    assert kernel_log_faults.trouble(captured("dmesg/null_pointer.txt")) == [
        "BUG: kernel NULL pointer dereference, address: 0000000000000000",
        "Oops: 0002 [#1] PREEMPT SMP NOPTI",
    ]


def test_a_soft_lockup_is_found_after_the_stall(captured: Captured) -> None:
    found = kernel_log_faults.trouble(captured("dmesg/lockup.txt"))
    assert found[1:] == ["watchdog: BUG: soft lockup - CPU#0 stuck for 49s! [insmod:206]"]


@pytest.mark.parametrize("name", ["quiet", "sysrq"])
def test_an_ordinary_log_has_no_trouble(captured: Captured, name: str) -> None:
    # quiet: a whole run, with a driver loaded that taints; sysrq: backtraces that were asked for.
    assert kernel_log_faults.trouble(captured(f"dmesg/{name}.txt")) == []


def test_trouble_in_the_middle_of_an_ordinary_log_is_found(captured: Captured) -> None:
    lines = captured("dmesg/quiet.txt").splitlines()
    lines[100:100] = captured("dmesg/warning.txt").splitlines()
    found = kernel_log_faults.trouble("\n".join(lines))
    assert len(found) == 1
    assert found[0].startswith("WARNING: CPU: 1 PID: 171")


def _logs(folder: str) -> list[object]:
    paths = sorted((DATA / "dmesg" / folder).glob("*.txt"))
    assert paths
    return [pytest.param(path, id=path.stem) for path in paths]


def _found_in_splats() -> dict[str, list[str]]:
    """Return the lines that are found in each file of splats, "NAME: LINE" in the file of all."""
    found: dict[str, list[str]] = {}
    for line in (DATA / "dmesg" / "found_in_splats.txt").read_text().splitlines():
        name, text = line.split(": ", 1)
        found.setdefault(name, []).append(text)
    return found


@pytest.mark.parametrize("path", _logs("splats"))
def test_these_lines_of_every_kind_of_trouble_are_found(path: Path) -> None:
    assert kernel_log_faults.trouble(path.read_text()) == _found_in_splats()[path.stem]


@pytest.mark.parametrize("path", _logs("boots") + _logs("boots_odd"))
def test_a_machine_that_only_complains_has_no_trouble(path: Path) -> None:
    assert kernel_log_faults.trouble(path.read_text()) == []


# Not captured: composed from Linux 6.1's arch/x86/kernel/dumpstack.c (__die_header: "%s: %04lx
# [#%d]%s..."), the same of arch/powerpc and arch/arm, kernel/locking/lockdep.c, lib/list_debug.c,
# kernel/rcu/tree_stall.h, kernel/smp.c (csd_lock_wait_toolong()) and, from 6.19 on, kernel/panic.c
# (__warn()).
@pytest.mark.parametrize(
    "line",
    [
        "divide error: 0000 [#1] PREEMPT SMP NOPTI",
        "WARNING: at 0xffffffffc0000010, CPU#1: insmod/171",
        "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected",
        "WARNING: held lock freed!",
        "WARNING: bad unlock balance detected!",
        "WARNING: bad contention detected!",
        "WARNING: lock held when returning to user space!",
        "WARNING: Nested lock was not taken",
        "WARNING: insmod/171 still has locks held!",
        "[ BUG: Invalid wait context ]",
        "Oops: Kernel access of bad area, sig: 11 [#1]",
        "Internal error: Oops - undefined instruction: 0 [#1] SMP ARM",
        "list_add double add: new=ffff0000025, prev=ffff0000026, next=ffff0000025.",
        "rcu: rcu_preempt kthread timer wakeup didn't happen for 2502 jiffies! g9 f0x0",
        "smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000042 ns",
    ],
)
def test_trouble_that_was_not_provoked_is_found(captured: Captured, line: str) -> None:
    log = f"{captured('dmesg/quiet.txt')}[   20.000000] {line}\n"
    assert kernel_log_faults.trouble(log) == [line]


@pytest.mark.parametrize(
    "line",
    [
        # mm/slub.c, slab_bug(); kernel/locking/lockdep.c, register_lock_class(); mm/oom_kill.c,
        # __oom_kill_process() with oom_kill_allocating_task.
        "BUG kmalloc-64 (Tainted: G           OE     ): Poison overwritten",
        "BUG kmalloc-64 (Not tainted): Redzone overwritten",
        "INFO: trying to register non-static key.",
        "Out of memory (oom_kill_allocating_task): Killed process 42 (pin_workload) total-vm:1kB",
    ],
)
def test_the_formats_of_rare_reports_are_found(line: str) -> None:
    assert kernel_log_faults.trouble(f"[    1.000000] {line}") == [line]
    # CONFIG_PRINTK_CALLER
    assert kernel_log_faults.trouble(f"[    1.000000][   T42] {line}") == [line]
