"""What the workload says more than once must be the same each time: captured runs, altered."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import events, from_artifacts, kernel_counters, numa_maps, same_facts
from avocado_pin.evidence.from_artifacts import NUMASTAT, SAMPLES
from avocado_pin.evidence.records import Evidence

from ..conftest import read
from ..runs import PASSED

Alter = Callable[[str], str]


def _lines(run: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read(f"runs/{run}/{SAMPLES}").splitlines()]


def _end(lines: list[dict[str, Any]]) -> None:
    events.end(events.read(json.dumps(line) for line in lines))


@pytest.mark.parametrize("run", PASSED)
def test_a_run_says_the_same_each_time(run: str) -> None:
    _end(_lines(run))
    found = events.read(read(f"runs/{run}/{SAMPLES}").splitlines())
    samples = events.numastat_samples(read(f"runs/{run}/{NUMASTAT}"))
    assert list(same_facts.of_numastat(found, samples)) == []


@pytest.mark.parametrize(("ended_s", "problems"), [(8.38, 0), (8.39, 1)])
def test_a_sample_may_begin_in_the_hundredth_in_which_a_report_ended(
    ended_s: float, problems: int
) -> None:
    """Seen: a sample from 8.37 s on, its time cut, after a report until 8.38 s, rounded up."""
    found = events.read(read(f"runs/pinned_100/{SAMPLES}").splitlines())
    first, *samples = events.numastat_samples(read(f"runs/pinned_100/{NUMASTAT}"))
    number = next(n for n, event in enumerate(found) if getattr(event, "reason", "") == "request")
    found[number] = msgspec.structs.replace(found[number], t_end=ended_s)
    first = replace(first, start_s=8.37)
    assert len(list(same_facts.of_numastat(found, [first, *samples]))) == problems


@pytest.mark.parametrize(
    ("run", "where", "fields", "problem"),
    [
        ("pinned_100", {"event": "begin"}, {"pin": "mlock"}, "pins by driver, 'begin' says mlock"),
        ("pinned_100", {"event": "pin"}, {"device": ""}, "devices [''], and what a driver says"),
        ("pinned_100", {"event": "unpin"}, {"error": "busy"}, "'unpin' with errno 0 and error"),
        ("pinned_100", {"event": "held"}, {"error": "busy"}, "'held' with errno 0 and error"),
        ("unpinned_100", {"event": "begin"}, {"pin": "driver"}, "pins by nothing, 'begin' says"),
        ("move_pages", {"event": "migrate"}, {"migrator": "mbind"}, "by mbind to node 1, asked"),
        (
            "move_pages",
            {"event": "migrate"},
            {"target_node": 0},
            "to node 0, asked move_pages to 1",
        ),
        (
            "move_pages",
            {"event": "migrate"},
            {"answers": {"1": 99}},
            "answers for 99 and 100 pages",
        ),
        ("move_pages", {"event": "migrate_end"}, {"round": 2}, "rounds [1] of the migrator, [2]"),
        ("pinned_100", {"event": "write_start"}, {"writer_tids": []}, "0 writers, for CPUs [4]"),
        ("pinned_100", {"when": "final"}, {"addr": "0x1000"}, "the subject at 0x1000 and 0x7f"),
        ("pinned_100", {"when": "final"}, {"mapped_huge": 101}, "of 100 pages, with {"),
        ("pinned_100", {"when": "final"}, {"zones": {"DMA32": 101}}, "of 100 pages, with {"),
        ("pinned_100", {"when": "final"}, {"when": "unpin"}, "of 'unpin' after a report of 'fin"),
        ("pinned_100", {"reason": "final"}, {"reason": "request"}, "the last report is of 'requ"),
        ("pinned_100", {"reason": "final"}, {"passes": 0}, "of the writers, and later 0"),
    ],
)
def test_what_is_said_otherwise_is_named(
    run: str, where: dict[str, str], fields: dict[str, Any], problem: str
) -> None:
    lines = _lines(run)
    event = next(line for line in lines if where.items() <= line.items())
    event.update(fields)
    with pytest.raises(EvidenceUnreadable, match=re.escape(problem)):
        _end(lines)


@pytest.mark.parametrize(
    ("run", "pages", "differs"),
    [("mlock", 100, 0), ("pinned_100", None, 0), ("unpinned_100", 0, 0)],
)
def test_what_no_driver_was_asked_is_named(
    run: str, pages: int | None, differs: int | None
) -> None:
    lines = _lines(run)
    report = next(line for line in lines if line["event"] == "report")
    report["subject"].update(driver_pages=pages, driver_differs=differs)
    with pytest.raises(EvidenceUnreadable, match=f"pages {pages}, and {differs} that differ"):
        _end(lines)


@pytest.mark.parametrize(
    ("run", "event", "problem"),
    [
        ("pinned_100", "ready", "no event 'ready'"),
        ("pinned_100", "driver", "and what a driver says or none"),
        ("pinned_100", "unpin", "pinned: ['subject'], unpinned: []"),
        ("double_range", "unpin", "pinned: ['released', 'subject'], unpinned: ['subject']"),
        ("compaction", "pin", "pins by nothing, 'begin' says driver"),
        ("compaction", "touch", "either the touch or the placement is missing"),
        ("compaction", "placement", "either the touch or the placement is missing"),
        ("fork", "fork", "a fork or none, 'begin' says companion child"),
        ("fork_execs", "fork", "a fork or none, 'begin' says companion child_execs"),
        ("unpinned_100", "touch", "no event 'pin' or 'touch'"),
        ("move_pages", "migrate_end", "rounds [1] of the migrator, [] ended"),
    ],
)
def test_an_event_that_is_left_out_is_named(run: str, event: str, problem: str) -> None:
    lines = _lines(run)
    del lines[[line["event"] for line in lines].index(event)]
    with pytest.raises(EvidenceUnreadable, match=re.escape(problem)):
        _end(lines)


# samples of numastat


def _of(run: str, name: str, alter: Alter) -> Evidence:
    """Return the evidence of a run with one file altered."""

    def read_altered(asked: str) -> str:
        if asked in ("dmesg.txt", "rmmod.txt"):
            return "exit 0: \n"
        text = read(f"runs/{run}/{asked}")
        return alter(text) if asked == name else text

    return from_artifacts.of_run(read_altered, forced=False, unpins=False)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (r"(?s)\A.*(?=--- from)", "", "1 samples, 10 reports that were asked for"),
        (r"\A", "x\n", "'x\\n' before a sample's times"),
        (r"PID \d+", "PID 1", "a sample of process 1, the workload's is "),
        (r"Heap .*\n", "", "expected a table with"),
        (r"--- from ", "--- from 1", ", its reports are until "),
        (r"(Heap +)\d+", r"\g<1>9", " in all on node 0, in parts [0.0, 9."),
    ],
)
def test_samples_that_are_not_whole_are_named(old: str, new: str, problem: str) -> None:
    with pytest.raises(EvidenceUnreadable, match=re.escape(problem)):
        _of("pinned_100", NUMASTAT, lambda text: re.sub(old, new, text))


# mappings


@pytest.mark.parametrize("run", PASSED)
@pytest.mark.parametrize("when", ["before", "after"])
def test_mappings_are_whole(run: str, when: str) -> None:
    text = read(f"runs/{run}/numa_maps_{when}.txt")
    assert len(numa_maps.parse(text)) == len(text.splitlines())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (r"(?m)\A.*\n", "", "got no mapping at 400000"),
        (r".* stack .*\n", "", "got no stack among the mappings"),
        (r"(?s)\A(.*?\n)", r"\1\1", "got 400000 after 400000"),
        (r" N0=100 ", " N0=99 ", "anon=100 dirty=100 active=0 N0=99"),
        (r"kernelpagesize_kB", "kernelpagesize", "kernelpagesize=4'"),
        (r" N0=100 .*", "", "dirty=100 active=0'"),
        (r"kernelpagesize_kB=4", "kernelpagesize_kB=1", "got pages of 1024 bytes, expected multi"),
    ],
)
def test_mappings_that_are_not_whole_are_named(old: str, new: str, problem: str) -> None:
    with pytest.raises(EvidenceUnreadable, match=problem):
        _of("pinned_100", "numa_maps_after.txt", lambda text: re.sub(old, new, text))


# counters


def test_counters_that_were_read_in_order_are_so() -> None:
    kernel_counters.check_order(_counters("before", "pinned", "after"))


@pytest.mark.parametrize("times", [("pinned", "before"), ("after", "pinned"), ("after", "after")])
def test_counters_of_another_time_are_refused(times: tuple[str, str]) -> None:
    with pytest.raises(EvidenceUnreadable, match=r"pgfault \d+(, and later| twice)"):
        kernel_counters.check_order(_counters(*times))


@pytest.mark.parametrize("name", ["nr_foll_pin_acquired", "nr_foll_pin_released"])
def test_counters_of_pins_only_grow(name: str) -> None:
    before, after = _counters("pinned", "after")
    with pytest.raises(EvidenceUnreadable, match=f"{name} 1000, and later 100"):
        kernel_counters.check_order([{**before, name: 1000}, after])


def test_a_counter_that_is_left_out_of_one_file_is_named() -> None:
    before, after = _counters("before", "after")
    del after["numa_hit"]
    with pytest.raises(EvidenceUnreadable, match="not the same counters each time: numa_hit"):
        kernel_counters.check_order([before, after])


@pytest.mark.parametrize(("old", "new"), [(r"numa_hit", "numa"), (r"numa_hit \d+", "numa_hit")])
def test_a_line_of_vmstat_that_is_none_or_twice_is_refused(old: str, new: str) -> None:
    text = read("runs/pinned_100/vmstat_after.txt")
    text = re.sub(old, new, text) + ("numa 1\n" if new == "numa" else "")
    with pytest.raises(EvidenceUnreadable, match="a counter a line, each once"):
        kernel_counters.vmstat(text)


def _counters(*times: str) -> list[dict[str, int]]:
    return [kernel_counters.vmstat(read(f"runs/pinned_100/vmstat_{when}.txt")) for when in times]
