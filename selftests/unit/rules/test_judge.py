"""Whole runs: which rules apply, what a verdict says, and which broken rule decides."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence import kernel_log_faults
from avocado_pin.evidence.placement import Runs
from avocado_pin.evidence.records import End, Evidence
from avocado_pin.rules.judge import ERROR, FAIL, PASS, judge_crash
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import PASSED, Captured, EvidenceOf, VariantOf, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
ALWAYS = [
    *("kernel log", "no pin leaked", "workload did what was asked"),
    *("reports agree with the places", "numastat agrees"),
]
PINNED = [
    "pinned pages stay",
    "minor faults of the pin",
    "driver holds the mapped pages",
    "kernel counts the pins",
    "driver unloads",
    "workload ends cleanly",
    "pinned pages are found",
]
# A pin of pages that are there already takes no faults that could be counted.
TOUCHED = [name for name in PINNED if name != "minor faults of the pin"]
NOTHING_MOVES = ["control pages stay", "time was given"]
ANSWERS = ["kernel's answer for the subject", "kernel's answer for the control"]


# real runs


@pytest.mark.parametrize("run", PASSED)
def test_a_good_run_passes_with_every_rule(passed: Passed, run: str) -> None:
    verdict = judge(*passed(run))
    assert (verdict.status, broken(verdict)) == (PASS, [])
    assert all(rule.text == "" for rule in verdict.rules)


@pytest.mark.parametrize(
    ("run", "names"),
    [
        ("pinned_100", [*PINNED, "control pages move"]),
        ("seed_pinned", [*PINNED, "control pages move"]),
        ("unpinned_100", ["workload ends cleanly", "unpinned pages move"]),
        ("mlock", ["workload ends cleanly", "mlocked pages move"]),
        ("unpinned_after", [*PINNED, "control pages move", "once pinned pages move"]),
        (
            "fork",
            [*PINNED, "control pages move", "the child's pages move", "child's copies are its own"],
        ),
        ("double_range", [*PINNED, "control pages move", "released pages move"]),
        ("thp", ["pages are mapped huge", *PINNED, "control pages move"]),
        ("hugetlb", ["pages are mapped huge", *PINNED, "control pages move", *ANSWERS]),
        ("zero", ["pages leave the zero page", *TOUCHED, "control pages move", *ANSWERS]),
        ("ksm", ["pages leave the merged pages", *TOUCHED, "control pages move", *ANSWERS]),
        (
            "zero_unpinned",
            [
                *("pages leave the zero page", "workload ends cleanly", "unpinned pages move"),
                *ANSWERS,
            ],
        ),
        (
            "ksm_unpinned",
            [
                *("pages leave the merged pages", "workload ends cleanly", "unpinned pages move"),
                *ANSWERS,
            ],
        ),
        # On 6.1 the first write copies each page away from the pinned zero page.
        (
            "read_pin",
            [
                *("workload ends cleanly", "pinned pages move"),
                *("pin keeps the shared page", "driver unloads"),
            ],
        ),
        ("file", [*TOUCHED, "control pages move", *ANSWERS]),
        (
            "movable",
            [
                *("pages start in ZONE_MOVABLE", "pin leaves ZONE_MOVABLE"),
                *(*TOUCHED, "control pages move"),
            ],
        ),
        (
            "movable_unpinned",
            ["pages start in ZONE_MOVABLE", "workload ends cleanly", "unpinned pages move"],
        ),
        ("balancing_off", [*PINNED, *NOTHING_MOVES]),
        (
            "unpinned_balancing_off",
            [
                *("unpinned pages stay", "workload ends cleanly", "unpinned pages are found"),
                *NOTHING_MOVES,
            ],
        ),
        ("move_pages", [*PINNED, "control pages move", *ANSWERS]),
        ("move_pages_from_node_1", [*PINNED, "control pages move", *ANSWERS]),
        ("uacce", [*PINNED, "control pages move", *ANSWERS]),
        ("move_pages_unpinned", ["workload ends cleanly", "unpinned pages move", *ANSWERS]),
        (
            "unpinned_after_move_pages",
            [
                *(*PINNED, "control pages move", "once pinned pages move"),
                *(*ANSWERS, "kernel's answer once unpinned"),
            ],
        ),
        (
            "fork_move_pages",
            [
                *(*PINNED, "control pages move", *ANSWERS),
                "kernel's answer for the child pages",
                *("the child's pages move", "child's copies are its own"),
            ],
        ),
        (
            "one_node",
            [
                *(*PINNED, *NOTHING_MOVES),
                *("migrator is refused for subject", "migrator is refused for control"),
            ],
        ),
        ("migrate_pages", [*PINNED, "control pages move", "kernel's answer for all pages"]),
        ("mbind", [*PINNED, "control pages move", *ANSWERS]),
        ("compaction", [*TOUCHED, "control pages move", "kernel's answer for all pages"]),
        ("offline", [*TOUCHED, "control pages move", *ANSWERS]),
        ("demotion", [*PINNED, "control pages move", "kernel's answer for all pages"]),
        (
            "demotion_mlock",
            [
                *("mlocked pages stay", "workload ends cleanly", "mlocked pages are found"),
                *("control pages move", "kernel's answer for all pages"),
            ],
        ),
        ("reclaim", [*PINNED, "control pages move", *ANSWERS]),
        (
            "reclaim_mlock",
            [
                *("mlocked pages stay", "workload ends cleanly", "mlocked pages are found"),
                *("control pages move", *ANSWERS),
            ],
        ),
    ],
)
def test_the_rules_of_a_run(passed: Passed, run: str, names: list[str]) -> None:
    assert [rule.name for rule in judge(*passed(run)).rules] == [*ALWAYS, *names]


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (
            "pinned_100",
            "100 of 100 control pages moved to node 1 within 0.1 s of remote writes; "
            "100 of 100 pinned pages stayed",
        ),
        ("unpinned_100", "100 of 100 unpinned pages moved to node 1 within 0.5 s of remote writes"),
        ("mlock", "100 of 100 mlocked pages moved to node 1 within 0.4 s of remote writes"),
        (
            "unpinned_after",
            "100 of 100 control pages moved to node 1 within 0.2 s of remote writes; "
            "100 of 100 pinned pages stayed; and moved once unpinned",
        ),
        (
            "fork",
            "100 of 100 control pages moved to node 1 within 0.1 s of remote writes; "
            "100 of 100 pinned pages stayed; the child's pages moved",
        ),
        (
            "double_range",
            "100 of 100 control pages moved to node 1 within 0.2 s of remote writes; "
            "100 of 100 pinned pages stayed; released pages moved",
        ),
        (
            "balancing_off",
            "100 of 100 pinned pages stayed, as expected: without NUMA balancing nothing moves by "
            "itself",
        ),
        (
            "move_pages",
            "100 of 100 control pages moved to node 1 within 0.0 s of move_pages; "
            "100 of 100 pinned pages stayed",
        ),
        (
            "reclaim_mlock",
            "100 of 100 control pages went to swap within 0.3 s of reclaim; "
            "100 of 100 mlocked pages stayed, as expected: MADV_PAGEOUT refuses VM_LOCKED "
            "(can_madv_lru_vma() in mm/madvise.c)",
        ),
        (
            "compaction",
            "100 of 100 control pages moved to other frames within 0.2 s of compaction; "
            "100 of 100 pinned pages stayed",
        ),
    ],
)
def test_a_run_that_passes_says_what_moved_and_what_stayed(
    passed: Passed, run: str, text: str
) -> None:
    assert judge(*passed(run)).text == text


def test_readers_are_not_said_to_write(variant_of: VariantOf, good: Evidence) -> None:
    verdict = judge(variant_of(runs.PINNED, "access=read"), runs.did(good, access="read"))
    assert verdict.status == PASS
    assert "moved to node 1 within 0.1 s of remote reads; " in verdict.text


def test_an_unpinned_run_tells_when_its_own_pages_moved(unpinned: Variant, moved: Evidence) -> None:
    # In the first report, 0.5 s after the first write, the control is where it was.
    where = {"nodes": {0: 100}, "changed": 0, "changed_pages": (), "first_changed": None}
    reports = [runs.control(moved.reports[0], **where), *moved.reports[1:]]
    verdict = judge(unpinned, replace(moved, reports=reports))
    assert verdict.status == PASS
    assert verdict.text.endswith("moved to node 1 within 0.5 s of remote writes")


def test_a_driver_that_unpins_early_fails(pinned: Variant, evidence_of: EvidenceOf) -> None:
    verdict = judge(pinned, evidence_of("unpin_early"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "100 of 100 pinned pages moved: first page 0 from node 0 (PFN 25646) to node 1 "
        "(PFN 1055130) (see samples.jsonl); also broken: driver holds the mapped pages, "
        "kernel counts the pins"
    )


def test_a_driver_that_does_not_pin_fails(pinned: Variant, evidence_of: EvidenceOf) -> None:
    verdict = judge(pinned, evidence_of("no_pin"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "100 of 100 pinned pages were not there after the pin (see samples.jsonl); also broken: "
        "minor faults of the pin, driver holds the mapped pages, kernel counts the pins"
    )


def test_a_driver_that_leaks_a_page_fails(pinned: Variant, evidence_of: EvidenceOf) -> None:
    verdict = judge(pinned, evidence_of("leak"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "1 page pins leaked: nr_foll_pin_acquired and nr_foll_pin_released differ by 1 after "
        "everything is closed, and did by 0 before (see vmstat_after.txt)"
    )


def test_a_pinned_run_without_balancing_is_inconclusive(
    variant_of: VariantOf, evidence_of: EvidenceOf
) -> None:
    verdict = judge(variant_of(*runs.BROKEN["pinned_off"]), evidence_of("pinned_off"))
    assert (verdict.status, broken(verdict)) == (ERROR, ["control pages move"])
    assert verdict.text == (
        "inconclusive: only 0 of 100 control pages moved to node 1 in 5.0 s of remote writes, "
        "expected all 100: no pressure to migrate, no verdict (see samples.jsonl)"
    )


def test_an_unpinned_run_without_balancing_fails(
    variant_of: VariantOf, evidence_of: EvidenceOf
) -> None:
    verdict = judge(variant_of(*runs.BROKEN["unpinned_off"]), evidence_of("unpinned_off"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["unpinned pages move"])
    assert verdict.text == (
        "only 0 of 100 unpinned pages moved to node 1 in 5.0 s of remote writes, expected all "
        "100; in the end they are on node 0: 100 (see samples.jsonl)"
    )


def test_a_run_that_pins_nothing_does_not_pass_as_a_pinned_one(
    pinned: Variant, moved: Evidence
) -> None:
    verdict = judge(pinned, moved)
    assert verdict.status == ERROR
    assert verdict.text.startswith("the workload did something else: pin none, not driver (see ")
    # What such a run shows is not judged.
    assert broken(verdict) == ["workload did what was asked"]


def test_a_run_that_says_that_it_pins_and_does_not_fails(pinned: Variant, moved: Evidence) -> None:
    verdict = judge(pinned, runs.did(moved, pin="driver"))
    assert verdict.status == FAIL
    assert verdict.text.startswith("100 of 100 pinned pages moved: first page 0 from node 0")


def test_a_run_in_which_pages_move_does_not_pass_where_nothing_may(
    variant_of: VariantOf, good: Evidence
) -> None:
    verdict = judge(variant_of(*PASSED["balancing_off"]), good)
    assert (verdict.status, broken(verdict)) == (FAIL, NOTHING_MOVES)


# workload did what was asked


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("pages", 99),
        ("page_kind", "zero"),
        ("pin", "none"),
        ("companion", "child"),
        ("migrator", "move_pages"),
        ("home_node", 1),
        ("target_node", 0),
        ("access", "read"),
    ],
)
@pytest.mark.parametrize("run", ["pinned_100", "seed_pinned"])
def test_a_workload_that_did_something_else_is_an_error(
    passed: Passed, run: str, field: str, other: object
) -> None:
    variant, evidence = passed(run)
    asked = evidence.start.did[field]
    verdict = judge(variant, runs.did(evidence, **{field: other}))
    assert (verdict.status, broken(verdict)) == (ERROR, ["workload did what was asked"])
    assert verdict.text == (
        f"the workload did something else: {field} {other}, not {asked} (see samples.jsonl)"
    )


def test_everything_else_that_a_workload_did_is_told(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.did(good, pages=99, access="read"))
    assert rule(verdict, "workload did what was asked").got == (
        "pages 99, not 100; access read, not write"
    )


def test_a_workload_that_does_not_say_what_it_did_is_an_error(
    pinned: Variant, good: Evidence
) -> None:
    did = {name: value for name, value in good.start.did.items() if name != "migrator"}
    verdict = judge(pinned, replace(good, start=replace(good.start, did=did)))
    assert (verdict.status, broken(verdict)) == (ERROR, ["workload did what was asked"])
    assert "migrator None, not balancing" in verdict.text


@pytest.mark.parametrize(
    ("cell", "run", "text"),
    [
        (PASSED["mlock"], "unpinned_100", "pin none, not mlock"),
        (PASSED["unpinned_100"], "mlock", "pin mlock, not none"),
        (
            (f"pin_tests.move_pages.driver.shmem.pages_100.{runs.FORCED}",),
            *("move_pages", "page_kind anon, not shmem"),
        ),
        (PASSED["pinned_100"], "fork", "companion child, not none"),
        (PASSED["read_pin"], "unpinned_100", "page_kind anon, not zero; pin none, not driver_read"),
    ],
)
def test_the_evidence_of_another_cell_is_an_error(
    variant_of: VariantOf,
    evidence_of: EvidenceOf,
    cell: tuple[str, ...],
    run: str,
    text: str,
) -> None:
    evidence = evidence_of(run)
    verdict = judge(variant_of(*cell), evidence)
    assert verdict.status == ERROR
    assert verdict.text.startswith(f"the workload did something else: {text} (see samples.jsonl)")


# workload ends cleanly


@pytest.mark.parametrize("end", [End(1, 0), End(0, 22), End(4, 22), End(-1, 0)])
@pytest.mark.parametrize("run", ["pinned_100", "unpinned_100", "unpinned_balancing_off"])
def test_a_workload_that_does_not_end_cleanly_fails(passed: Passed, run: str, end: End) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, replace(evidence, end=end))
    assert (verdict.status, broken(verdict)) == (FAIL, ["workload ends cleanly"])
    assert verdict.text == (
        f"the workload ended with exit {end.exit_code}, errno {end.unpin_errno} of the unpin "
        "(see samples.jsonl)"
    )


# precedence: the first broken rule of the order above decides


def _but_last(evidence: Evidence) -> Runs:
    """Return the places of the pages that the driver holds, without the last one."""
    held = evidence.reports[-1].held
    assert held
    return runs.runs_of(held.places[:99])


BREAKS: dict[str, Callable[[Evidence], Evidence]] = {
    "kernel log": lambda e: replace(e, trouble=["WARNING: CPU: 1 PID: 171 at provoke.c:14"]),
    "no pin leaked": lambda e: replace(e, pins_after=1),
    "reports agree with the places": lambda e: replace(
        e, reports=[runs.control(e.reports[0], changed=1), *e.reports[1:]]
    ),
    "numastat agrees": lambda e: replace(
        e, numastat=[replace(sample, start_s=0.0) for sample in e.numastat]
    ),
    "pinned pages stay": lambda e: runs.baseline_places(e, {3: runs.UNKNOWN}),
    "minor faults of the pin": lambda e: replace(e, start=replace(e.start, minor_faults=99)),
    "driver holds the mapped pages": lambda e: runs.told(e, pages=99, runs=_but_last(e)),
    "kernel counts the pins": lambda e: replace(e, pins_held=99),
    "driver unloads": lambda e: replace(e, rmmod_error="rmmod: Module page_pin is in use"),
    "workload ends cleanly": lambda e: replace(e, end=End(exit_code=1, unpin_errno=22)),
    "pinned pages are found": lambda e: runs.moved(e, {3: runs.UNKNOWN}),
    "control pages move": lambda e: runs.left(e, "control", 1, runs.UNKNOWN),
}
STATUS = dict.fromkeys(BREAKS, FAIL) | dict.fromkeys(
    [
        *("reports agree with the places", "numastat agrees"),
        *("pinned pages are found", "control pages move"),
    ],
    ERROR,
)


@pytest.mark.parametrize("first", BREAKS)
def test_the_first_broken_rule_decides_and_the_others_are_named(
    pinned: Variant, good: Evidence, first: str
) -> None:
    names = list(BREAKS)[list(BREAKS).index(first) :]
    evidence = good
    for name in names:
        evidence = BREAKS[name](evidence)
    verdict = judge(pinned, evidence)
    assert verdict.status == STATUS[first]
    assert broken(verdict) == names
    alone = judge(pinned, BREAKS[first](good)).text
    others = f"; also broken: {', '.join(names[1:])}" if names[1:] else ""
    assert verdict.text == alone + others


def test_a_moved_page_counts_though_the_control_did_not_move(
    pinned: Variant, good: Evidence
) -> None:
    evidence = runs.moved(good, {3: (1059256, 1)})
    evidence = runs.left(evidence, "control", 1, runs.UNKNOWN)
    verdict = judge(pinned, evidence)
    assert verdict.status == FAIL
    assert verdict.text.endswith("; also broken: driver holds the mapped pages, control pages move")


def test_a_page_that_stays_outweighs_what_the_kernel_answers(passed: Passed) -> None:
    variant, evidence = passed("move_pages")
    evidence = runs.left(evidence, "control", 1)
    verdict = judge(variant, replace(evidence, answers=[]))
    assert verdict.status == ERROR
    assert broken(verdict) == ["control pages move", *ANSWERS]


# a test that ended in an error while the kernel was in trouble

LOST = "guest, command 'sleep 0.31': got in the guest: Kernel panic, expected an end within 180 s"


@pytest.mark.parametrize("look_at", ["dmesg.txt", "console.txt"])
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("panic", "Kernel panic - not syncing: sysrq triggered crash"),
        ("null_pointer", "BUG: kernel NULL pointer dereference, address: 0000000000000000"),
        ("refcount", "refcount_t: addition on 0; use-after-free."),
    ],
)
def test_an_error_with_trouble_fails_with_the_kernels_line_first(
    captured: Captured, name: str, line: str, look_at: str
) -> None:
    verdict = judge_crash(LOST, kernel_log_faults.trouble(captured(f"dmesg/{name}.txt")), look_at)
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel log"])
    assert verdict.text == f"the guest's kernel log has: {line} (see {look_at}); then: {LOST}"
    assert [rule.name for rule in verdict.rules] == ["kernel log"]
