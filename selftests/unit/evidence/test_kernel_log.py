from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import events, kernel_counters, kernel_log, numa_maps, numastat

Captured = Callable[[str], str]
DATA = Path(__file__).resolve().parents[2] / "data"


# trouble


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
    assert kernel_log.trouble(captured(f"dmesg/{name}.txt"))[0] == first


def test_each_line_of_trouble_is_found(captured: Captured) -> None:
    assert kernel_log.trouble(captured("dmesg/null_pointer.txt")) == [
        "BUG: kernel NULL pointer dereference, address: 0000000000000000",
        "Oops: 0002 [#1] PREEMPT SMP NOPTI",
    ]


def test_a_soft_lockup_is_found_after_the_stall(captured: Captured) -> None:
    found = kernel_log.trouble(captured("dmesg/lockup.txt"))
    assert found[1:] == ["watchdog: BUG: soft lockup - CPU#0 stuck for 49s! [insmod:206]"]


@pytest.mark.parametrize("name", ["quiet", "sysrq"])
def test_an_ordinary_log_has_no_trouble(captured: Captured, name: str) -> None:
    # quiet: a whole run, with a driver loaded that taints; sysrq: backtraces that were asked for.
    assert kernel_log.trouble(captured(f"dmesg/{name}.txt")) == []


def test_trouble_in_the_middle_of_an_ordinary_log_is_found(captured: Captured) -> None:
    lines = captured("dmesg/quiet.txt").splitlines()
    lines[100:100] = captured("dmesg/warning.txt").splitlines()
    found = kernel_log.trouble("\n".join(lines))
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
    assert kernel_log.trouble(path.read_text()) == _found_in_splats()[path.stem]


@pytest.mark.parametrize("path", _logs("boots") + _logs("boots_odd"))
def test_a_machine_that_only_complains_has_no_trouble(path: Path) -> None:
    assert kernel_log.trouble(path.read_text()) == []


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
    assert kernel_log.trouble(log) == [line]


# a test's time

MARK = "[    7.5] pin-guest: test 1, pin_smoke.balancing.driver\n"
WARNING = "[    9.1] WARNING: CPU: 1 PID: 171 at provoke.c:14 provoke_init+0x3a/0x1000 [provoke]\n"


def test_what_the_kernel_logged_before_the_mark_is_not_the_tests() -> None:
    log = WARNING + MARK + "[    9.9] page_pin: loading out-of-tree module\n"
    assert kernel_log.trouble(kernel_log.of_test(log)) == []
    assert len(kernel_log.trouble(kernel_log.before_test(log))) == 1


def test_what_it_logged_after_the_mark_is() -> None:
    log = MARK + WARNING
    assert len(kernel_log.trouble(kernel_log.of_test(log))) == 1
    assert kernel_log.before_test(log) == ""


def test_a_console_has_the_marks_of_earlier_tests_too() -> None:
    second = MARK.replace("test 1", "test 2")
    assert kernel_log.of_test(f"{MARK}{WARNING}{second}quiet\n") == "quiet\n"
    assert kernel_log.before_test(f"{MARK}{WARNING}{second}") == MARK + WARNING


def test_without_a_mark_all_is_the_tests() -> None:
    """Its log has wrapped, or the guest was lost before."""
    assert kernel_log.of_test(WARNING) == WARNING
    assert kernel_log.before_test(WARNING) == ""


def test_the_marks_that_are_written_are_the_marks_that_are_found() -> None:
    begin, end = (
        mark(12, "pin_smoke.balancing.driver.anon")
        for mark in (kernel_log.begin_mark, kernel_log.end_mark)
    )
    begun = f"[ 1.0] before\n[ 2.0] {begin}\n[ 3.0] after\n"
    assert kernel_log.of_test(begun) == "[ 3.0] after\n"
    assert not kernel_log.has_end(begun)
    assert kernel_log.has_end(f"{begun}[ 4.0] {end}\n")


def test_the_end_is_the_same_tests() -> None:
    begin, end = kernel_log.begin_mark(2, "a.b"), kernel_log.end_mark(1, "a.b")
    assert not kernel_log.has_end(f"[ 1.0] {begin}\n[ 2.0] {end}\n")
    assert not kernel_log.has_end(f"[ 1.0] {kernel_log.end_mark(2, 'a.b')}\n[ 2.0] {begin}\n")


def test_where_no_end_was_marked_none_is_lacking() -> None:
    assert kernel_log.has_end(MARK + WARNING)


# vmstat


@pytest.mark.parametrize(("when", "held"), [("before", 0), ("pinned", 100), ("after", 0)])
def test_pins_held_during_a_pinned_run(captured: Captured, when: str, held: int) -> None:
    counters = kernel_counters.vmstat(captured(f"runs/pinned_100/vmstat_{when}.txt"))
    assert kernel_counters.pins_held(counters) == held


def test_pins_held_after_a_leak(captured: Captured) -> None:
    counters = kernel_counters.vmstat(captured("runs/leak/vmstat_after.txt"))
    assert kernel_counters.pins_held(counters) == 1


def test_every_counter_is_read(captured: Captured) -> None:
    text = captured("runs/pinned_100/vmstat_after.txt")
    counters = kernel_counters.vmstat(text)
    assert len(counters) == len(text.splitlines())
    assert counters["nr_foll_pin_acquired"] == 100


def test_another_file_is_no_vmstat(captured: Captured) -> None:
    with pytest.raises(EvidenceUnreadable, match=r"/proc/vmstat: got '.*nr_free_pages and"):
        kernel_counters.vmstat(captured("runs/pinned_100/numa_maps_after.txt"))


@pytest.mark.parametrize("name", ["nr_foll_pin_acquired", "nr_foll_pin_released"])
def test_a_vmstat_without_the_counters_of_pins_says_nothing_of_pins(
    captured: Captured, name: str
) -> None:
    counters = kernel_counters.vmstat(captured("runs/pinned_100/vmstat_after.txt"))
    del counters[name]
    with pytest.raises(EvidenceUnreadable, match=f"/proc/vmstat: got no '{name}'"):
        kernel_counters.pins_held(counters)


# numa_maps


@pytest.fixture
def maps(captured: Captured) -> str:
    """Return the mappings of a run in which both regions moved to node 1, 100 pages each."""
    return captured("runs/seed_unpinned/numa_maps_after.txt")


def _addresses(captured: Captured, run: str) -> list[int]:
    found = events.read(captured(f"runs/{run}/samples.jsonl").splitlines())
    return events.start(found).addresses


def test_mapped_bytes_are_the_pages_of_all_mappings_by_node(maps: str) -> None:
    # Node 0: 1 + 127 + 62 + 34 + 43 + 30 pages; node 1: 45 + 48 + 5 + 3 + 3 + 100 + 100 + 1 + 3.
    assert numa_maps.mapped_bytes(numa_maps.parse(maps), without=()) == {
        0: 297 * 4096,
        1: 308 * 4096,
    }


def test_mapped_bytes_leave_out_both_regions(captured: Captured, maps: str) -> None:
    addresses = _addresses(captured, "seed_unpinned")
    found = numa_maps.mapped_bytes(numa_maps.parse(maps), without=addresses)
    assert found == {0: 297 * 4096, 1: 108 * 4096}


def test_mapped_bytes_leave_out_one_region_only(captured: Captured, maps: str) -> None:
    for address in _addresses(captured, "seed_unpinned"):
        found = numa_maps.mapped_bytes(numa_maps.parse(maps), without=[address])
        assert found == {0: 297 * 4096, 1: 208 * 4096}


def test_mapped_bytes_leave_out_what_starts_there_only(captured: Captured, maps: str) -> None:
    inside = [address + 4096 for address in _addresses(captured, "seed_unpinned")]
    found = numa_maps.mapped_bytes(numa_maps.parse(maps), without=inside)
    assert found == numa_maps.mapped_bytes(numa_maps.parse(maps), without=())


def test_mapped_bytes_are_in_the_page_size_of_each_mapping(maps: str) -> None:
    # The heap's 34 pages, all on node 0, as pages of 64 KiB.
    larger = "".join(
        line.replace("kernelpagesize_kB=4", "kernelpagesize_kB=64") if " heap " in line else line
        for line in maps.splitlines(keepends=True)
    )
    found = numa_maps.mapped_bytes(numa_maps.parse(larger), without=())
    assert found == {0: (297 + 15 * 34) * 4096, 1: 308 * 4096}


@pytest.mark.parametrize("run", ["pinned_100", "unpinned_100", "seed_pinned", "seed_unpinned"])
def test_mapped_bytes_are_what_numastat_shows_on_each_node(captured: Captured, run: str) -> None:
    mappings = numa_maps.parse(captured(f"runs/{run}/numa_maps_after.txt"))
    mapped = numa_maps.mapped_bytes(mappings, without=())
    shown = events.numastat_samples(captured(f"runs/{run}/numastat.log"))[-1].table
    assert sorted(mapped) == sorted(shown.rows["Total"])
    for node, size in mapped.items():
        assert abs(size - shown.node_bytes(node)) <= numastat.ROUNDING_BYTES


def test_no_mappings_have_no_bytes() -> None:
    assert numa_maps.mapped_bytes([], without=()) == {}


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
    assert kernel_log.trouble(f"[    1.000000] {line}") == [line]
    # CONFIG_PRINTK_CALLER
    assert kernel_log.trouble(f"[    1.000000][   T42] {line}") == [line]
