"""Where the pages are: each rule holds on a real run, and breaks on its evidence altered once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence
from avocado_pin.rules.judge import ERROR, FAIL, PASS
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import PASSED, PINNED, VariantOf, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
# What a pinned page breaks that moved, and that the driver holds where it was.
MOVED = ("pinned pages stay", "driver holds the mapped pages")
# A page that is on the other node, and one in another frame of its node.
AWAY, COPIED = {3: (1059256, 1)}, {3: (524100, 0)}


# pinned pages stay; so do mlocked and unpinned ones where nothing may move


def test_one_page_that_moved_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.moved(good, AWAY))
    assert (verdict.status, broken(verdict)) == (FAIL, [*MOVED])
    assert verdict.text == (
        "1 of 100 pinned pages moved: first page 3 from node 0 (PFN 25246) to node 1 "
        "(PFN 1059256) (see samples.jsonl); also broken: driver holds the mapped pages"
    )
    assert rule(verdict, "pinned pages stay").got == (
        "1 of 100 changed node or PFN, 0 had no place after the pin"
    )


def test_a_page_copied_on_its_node_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.moved(good, COPIED))
    assert (verdict.status, broken(verdict)) == (FAIL, [*MOVED])
    assert "from node 0 (PFN 25246) to node 0 (PFN 524100)" in verdict.text


def test_a_pinned_page_that_went_to_swap_fails(passed: Passed) -> None:
    variant, evidence = passed("reclaim")
    verdict = judge(variant, runs.moved(evidence, {3: runs.SWAPPED}))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pinned pages stay"])
    assert verdict.text == (
        "1 of 100 pinned pages moved: first page 3 from node 0 to swap (see samples.jsonl)"
    )


def test_a_page_that_came_back_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.moved(good, AWAY, when=2))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pinned pages stay"])
    assert "1 of 100 pinned pages moved: first page 3 from node 0" in verdict.text


def test_a_page_that_came_back_between_two_reports_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.last(good, runs.subject(good.reports[-1], ever_changed=1)))
    assert verdict.status == FAIL
    assert verdict.text.startswith("1 of 100 pinned pages moved: and came back between two reports")


def test_a_page_without_a_place_after_the_pin_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.baseline_places(good, {3: runs.UNKNOWN}))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pinned pages stay"])
    assert verdict.text == "1 of 100 pinned pages were not there after the pin (see samples.jsonl)"


def test_a_control_page_without_a_place_is_no_failure(pinned: Variant, good: Evidence) -> None:
    assert judge(pinned, runs.baseline_places(good, {3: runs.UNKNOWN}, CONTROL)).status == PASS


@pytest.mark.parametrize(
    ("run", "words"), [("unpinned_balancing_off", "unpinned"), ("reclaim_mlock", "mlocked")]
)
def test_a_page_that_is_not_pinned_must_stay_where_none_may_move(
    passed: Passed, run: str, words: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.moved(evidence, AWAY))
    assert (verdict.status, broken(verdict)) == (FAIL, [f"{words} pages stay"])
    assert verdict.text.startswith(f"1 of 100 {words} pages moved: first page 3 from node 0")


# pinned pages are found


def test_a_pinned_page_without_a_place_at_the_end_is_inconclusive(
    pinned: Variant, good: Evidence
) -> None:
    verdict = judge(pinned, runs.moved(good, {3: runs.UNKNOWN}))
    assert (verdict.status, broken(verdict)) == (ERROR, ["pinned pages are found"])
    assert verdict.text == (
        "inconclusive: 1 of 100 pinned pages had no place at the end, in the middle of an attempt "
        "to move them or gone (see samples.jsonl)"
    )


def test_a_pinned_page_without_a_place_before_the_end_is_found(
    pinned: Variant, good: Evidence
) -> None:
    lost = [runs.subject(report, nodes={0: 99}, unknown=1) for report in good.reports[:-1]]
    assert judge(pinned, replace(good, reports=[*lost, good.reports[-1]])).status == PASS


def test_a_page_without_a_place_after_the_unpin_is_no_matter(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    assert judge(variant, runs.moved(evidence, {3: runs.UNKNOWN})).status == PASS


@pytest.mark.parametrize(
    ("run", "words"), [("unpinned_balancing_off", "unpinned"), ("reclaim_mlock", "mlocked")]
)
def test_a_page_that_must_stay_without_a_place_at_the_end_is_inconclusive(
    passed: Passed, run: str, words: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.moved(evidence, {3: runs.UNKNOWN}))
    assert (verdict.status, broken(verdict)) == (ERROR, [f"{words} pages are found"])


def test_a_control_page_without_a_place_at_the_end_is_no_failure(
    pinned: Variant, good: Evidence
) -> None:
    assert judge(pinned, runs.moved(good, {3: runs.UNKNOWN}, CONTROL)).status == PASS


# control pages move


def test_one_control_page_that_stayed_is_inconclusive(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, runs.left(good, CONTROL, 1))
    assert (verdict.status, broken(verdict)) == (ERROR, ["control pages move"])
    assert verdict.text == (
        "inconclusive: only 99 of 100 control pages moved to node 1 in 0.8 s of remote "
        "writes, expected all 100: no pressure to migrate, no verdict (see samples.jsonl)"
    )


def test_one_control_page_in_the_middle_of_a_move_is_inconclusive(
    pinned: Variant, good: Evidence
) -> None:
    verdict = judge(pinned, runs.left(good, CONTROL, 1, runs.UNKNOWN))
    assert (verdict.status, broken(verdict)) == (ERROR, ["control pages move"])


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("move_pages", "moved to node 1 in 0.1 s of move_pages"),
        ("compaction", "moved to other frames in "),
        ("reclaim", "went to swap in "),
    ],
)
def test_a_control_that_a_forced_migrator_leaves_is_inconclusive(
    passed: Passed, run: str, said: str
) -> None:
    variant, evidence = passed(run)
    at_home = dict(enumerate(evidence.start.baseline[CONTROL].places))
    for when in range(len(evidence.reports)):
        evidence = runs.moved(evidence, at_home, CONTROL, when)
    verdict = judge(variant, evidence)
    rules = [name for name in broken(verdict) if name != "numastat agrees"]
    assert rules == ["control pages move"]
    assert verdict.status == ERROR
    moves = rule(verdict, "control pages move")
    assert moves.text.startswith(f"inconclusive: only 0 of 100 control pages {said}")
    assert moves.text.endswith(": no pressure to migrate, no verdict (see samples.jsonl)")


@pytest.mark.parametrize(("count", "status"), [(69, PASS), (68, ERROR)])
def test_the_seeds_control_may_leave_some_pages(passed: Passed, count: int, status: str) -> None:
    variant, evidence = passed("seed_pinned")
    verdict = judge(variant, runs.left(evidence, CONTROL, 100 - count))
    moves = rule(verdict, "control pages move")
    assert moves.passed is (status == PASS)
    assert (moves.got, moves.expected) == (f"{count} of 100", "69 % of 100")


@pytest.mark.parametrize("when", range(2, 10))
def test_one_report_in_which_the_control_had_moved_is_enough(
    pinned: Variant, good: Evidence, when: int
) -> None:
    # As if one page had gone back at once, before and after that report.
    there = {0: good.reports[-1].placements[CONTROL].places[0]}
    evidence = runs.moved(runs.left(good, CONTROL, 1), there, CONTROL, when)
    assert judge(pinned, evidence).status == PASS


# In this run the control had moved 2.054 s after the first write.
@pytest.mark.parametrize(("deadline", "status"), [("2.05", ERROR), ("2.06", PASS)])
def test_a_control_that_moved_too_late_is_inconclusive(
    variant_of: VariantOf, passed: Passed, deadline: str, status: str
) -> None:
    _, evidence = passed("seed_pinned")
    cell = (*PASSED["seed_pinned"], f"move_deadline_s={deadline}", "samples=0")
    verdict = judge(variant_of(*cell), evidence)
    assert verdict.status == status
    assert broken(verdict) == (["control pages move"] if status == ERROR else [])


def test_a_control_that_moved_at_the_deadline_is_in_time(
    variant_of: VariantOf, good: Evidence
) -> None:
    variant = variant_of(PINNED, "move_deadline_s=2")
    unmoved = runs.control(good.reports[0], nodes={0: 100})
    at_last = replace(good.reports[2], time_s=good.pressure_s + 2)
    cut = replace(good, reports=[unmoved, at_last, *good.reports[3:]])
    assert rule(judge(variant, cut), "control pages move").passed


# With a fixed number of samples all are looked at; the pages had moved 2.054 and 1.122 s after the
# first write.
@pytest.mark.parametrize(
    ("assignments", "passes"),
    [
        (["move_deadline_s=1"], True),
        (["move_deadline_s=1", "samples=0"], False),
        (["move_deadline_s=2.1", "samples=0"], True),
    ],
)
@pytest.mark.parametrize(
    ("run", "name"),
    [("seed_pinned", "control pages move"), ("seed_unpinned", "unpinned pages move")],
)
def test_a_fixed_number_of_samples_has_no_deadline(
    variant_of: VariantOf,
    passed: Passed,
    run: str,
    name: str,
    assignments: list[str],
    passes: bool,
) -> None:
    _, evidence = passed(run)
    verdict = judge(variant_of(*PASSED[run], *assignments), evidence)
    assert broken(verdict) == ([] if passes else [name])


# control pages stay


@pytest.mark.parametrize("run", ["balancing_off", "unpinned_balancing_off", "one_node"])
def test_a_control_page_that_moved_where_nothing_may_fails(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.moved(evidence, AWAY, CONTROL, when=0))
    assert (verdict.status, broken(verdict)) == (FAIL, ["control pages stay"])
    assert verdict.text == (
        "1 of 100 control pages moved where nothing should move any (see samples.jsonl)"
    )


# time was given


WATCHED = ["balancing_off", "unpinned_balancing_off"]


def _seconds(evidence: Evidence) -> float:
    return evidence.reports[-1].time_s - evidence.pressure_s


@pytest.mark.parametrize("run", WATCHED)
def test_without_balancing_pages_are_watched_for_10_s(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    found = rule(judge(variant, evidence), "time was given")
    assert found.expected == "10 s, 1 pass at least"
    assert found.got.startswith(f"{_seconds(evidence):.1f} s, ")
    assert _seconds(evidence) >= 10


@pytest.mark.parametrize("passes", [0, 7])
@pytest.mark.parametrize("run", WATCHED)
def test_that_pages_stayed_which_nobody_used_is_inconclusive(
    passed: Passed, run: str, passes: int
) -> None:
    variant, evidence = passed(run)
    reports = [replace(report, passes=passes) for report in evidence.reports]
    verdict = judge(variant, replace(evidence, reports=reports))
    assert (verdict.status, broken(verdict)) == (ERROR, ["time was given"])
    assert verdict.text == (
        f"inconclusive: nothing moved, but it was watched for {_seconds(evidence):.1f} s and 0 "
        "passes over the pages only, expected 10 s (see samples.jsonl)"
    )


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("run", WATCHED)
def test_one_pass_over_the_pages_is_enough(passed: Passed, run: str, late: bool) -> None:
    """Between the first report and the second, or the last two."""
    variant, evidence = passed(run)
    first, *between, last = evidence.reports
    reports = [
        replace(first, passes=6),
        *(replace(report, passes=6 if late else 7) for report in between),
        replace(last, passes=7),
    ]
    verdict = judge(variant, replace(evidence, reports=reports, pressure_s=first.time_s))
    assert rule(verdict, "time was given").passed


@pytest.mark.parametrize("run", WATCHED)
def test_that_pages_stayed_for_a_moment_is_inconclusive(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    last = replace(evidence.reports[-1], time_s=evidence.reports[1].time_s)
    verdict = judge(variant, replace(evidence, reports=[evidence.reports[0], last]))
    # Of so few reports none may have a sample of numastat between them.
    names = [name for name in broken(verdict) if name != "numastat agrees"]
    assert (verdict.status, names) == (ERROR, ["time was given"])
    assert rule(verdict, "time was given").text.startswith(
        "inconclusive: nothing moved, but it was watched for "
    )


@pytest.mark.parametrize("run", [*WATCHED, "one_node"])
@pytest.mark.parametrize(("more", "status"), [(0, PASS), (0.01, ERROR)])
def test_pages_that_must_stay_are_watched_as_long_as_their_variant_says(
    variant_of: VariantOf, passed: Passed, run: str, more: float, status: str
) -> None:
    _, evidence = passed(run)
    verdict = judge(variant_of(*PASSED[run], f"hold_s={_seconds(evidence) + more}"), evidence)
    assert verdict.status == status
    assert broken(verdict) == ([] if status == PASS else ["time was given"])


def test_time_before_the_pressure_does_not_count(passed: Passed) -> None:
    variant, evidence = passed("balancing_off")
    late = replace(evidence, pressure_s=evidence.reports[-1].time_s + 1)
    verdict = judge(variant, late)
    assert verdict.status == ERROR
    assert "time was given" in broken(verdict)
    assert rule(verdict, "time was given").got == "0.0 s, 0 passes over the pages"


def test_where_nobody_uses_the_pages_time_alone_is_asked_for(passed: Passed) -> None:
    variant, evidence = passed("one_node")
    assert {report.passes for report in evidence.reports} == {0}
    assert rule(judge(variant, evidence), "time was given").expected == "0 s"


# unpinned and mlocked pages move


@pytest.mark.parametrize(
    ("run", "words", "seconds"),
    [
        ("unpinned_100", "unpinned", "3.6"),
        ("mlock", "mlocked", "3.0"),
        ("read_pin", "pinned", "0.2"),
    ],
)
def test_one_unpinned_page_that_stayed_fails(
    passed: Passed, run: str, words: str, seconds: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.left(evidence, SUBJECT, 1, *COPIED.values()))
    assert (verdict.status, broken(verdict)) == (FAIL, [f"{words} pages move"])
    assert verdict.text == (
        f"only 99 of 100 {words} pages moved to node 1 in {seconds} s of remote writes, expected "
        "all 100; in the end they are on node 0: 1, node 1: 99 (see samples.jsonl)"
    )


def test_unpinned_pages_without_a_known_place_fail(unpinned: Variant, moved: Evidence) -> None:
    verdict = judge(unpinned, runs.left(moved, SUBJECT, 100, runs.UNKNOWN))
    assert verdict.status == FAIL
    assert "they are on no known node" in verdict.text


def test_unpinned_pages_that_are_in_swap_instead_are_said_to_be(
    unpinned: Variant, moved: Evidence
) -> None:
    verdict = judge(unpinned, runs.left(moved, SUBJECT, 40, runs.SWAPPED))
    text = rule(verdict, "unpinned pages move").text
    assert "in the end they are on node 1: 60, swap: 40 (see" in text


@pytest.mark.parametrize("when", range(3))
def test_one_report_in_which_the_unpinned_pages_had_moved_is_enough(
    unpinned: Variant, moved: Evidence, when: int
) -> None:
    there = {0: moved.reports[-1].placements[SUBJECT].places[0]}
    evidence = runs.moved(runs.left(moved, SUBJECT, 1), there, SUBJECT, when)
    assert judge(unpinned, evidence).status == PASS


# They had moved 1.122 s after the first write.
@pytest.mark.parametrize(("deadline", "status"), [("1.12", FAIL), ("1.13", PASS)])
def test_unpinned_pages_that_moved_too_late_fail(
    variant_of: VariantOf, passed: Passed, deadline: str, status: str
) -> None:
    _, evidence = passed("seed_unpinned")
    hasty = variant_of(*PASSED["seed_unpinned"], f"move_deadline_s={deadline}", "samples=0")
    verdict = judge(hasty, evidence)
    assert verdict.status == status
    assert broken(verdict) == (["unpinned pages move"] if status == FAIL else [])


# once pinned pages move


@pytest.mark.parametrize("run", ["unpinned_after", "unpinned_after_move_pages"])
def test_a_page_that_stays_once_unpinned_fails(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.left(evidence, SUBJECT, 1))
    assert (verdict.status, broken(verdict)) == (FAIL, ["once pinned pages move"])
    assert verdict.text.startswith("only 99 of 100 once pinned pages moved to node 1 in ")
    assert verdict.text.endswith(", expected all 100 after they were unpinned (see samples.jsonl)")


def test_a_page_that_moved_before_it_was_unpinned_fails(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    verdict = judge(variant, runs.moved(evidence, AWAY, when=0))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pinned pages stay"])


def test_a_subject_that_was_never_unpinned_fails(passed: Passed) -> None:
    # All that happened after the unpin is then a move of pinned pages, which none holds at the end.
    variant, evidence = passed("unpinned_after")
    verdict = judge(variant, replace(evidence, unpinned_s=None))
    assert verdict.status == FAIL
    assert broken(verdict) == [*MOVED, "once pinned pages move"]


def test_once_pinned_pages_have_the_deadline_anew(variant_of: VariantOf, passed: Passed) -> None:
    _, evidence = passed("unpinned_after")
    # They had moved 0.224 s after the unpin, and 1.18 s after the first write.
    variant = variant_of(*PASSED["unpinned_after"], "move_deadline_s=1")
    assert judge(variant, evidence).status == PASS
    reports = [
        replace(r, time_s=r.time_s + 0.8, end_s=r.end_s + 0.8) if r.subject.changed else r
        for r in evidence.reports
    ]
    verdict = judge(variant, replace(evidence, reports=reports))
    assert rule(verdict, "pinned pages stay").passed
    assert not rule(verdict, "once pinned pages move").passed


def _at_the_unpin(evidence: Evidence) -> tuple[Evidence, int]:
    """Return the evidence with its first report after the unpin begun before, and its number."""
    unpinned_s = evidence.unpinned_s
    assert unpinned_s is not None
    when = next(n for n, report in enumerate(evidence.reports) if report.time_s > unpinned_s)
    reports = list(evidence.reports)
    reports[when] = replace(reports[when], time_s=unpinned_s - 0.005)
    assert reports[when].end_s > unpinned_s
    return replace(evidence, reports=reports), when


def test_a_report_that_ends_after_the_unpin_tells_nothing_of_pinned_pages(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    evidence, when = _at_the_unpin(evidence)
    verdict = judge(variant, runs.moved(evidence, AWAY, SUBJECT, when))
    assert (verdict.status, broken(verdict)) == (PASS, [])


def test_a_report_that_begins_before_the_unpin_tells_nothing_of_unpinned_pages(
    passed: Passed,
) -> None:
    variant, evidence = passed("unpinned_after")
    evidence, when = _at_the_unpin(evidence)
    there = dict(enumerate(evidence.reports[-1].placements[SUBJECT].places))
    evidence = runs.moved(runs.left(evidence, SUBJECT, 1), there, SUBJECT, when)
    assert evidence.reports[when].subject.nodes == {1: 100}
    verdict = judge(variant, evidence)
    assert (verdict.status, broken(verdict)) == (FAIL, ["once pinned pages move"])


@pytest.mark.parametrize("run", ["unpinned_after", "unpinned_after_move_pages"])
def test_a_control_that_moved_only_after_the_unpin_is_inconclusive(
    passed: Passed, run: str
) -> None:
    variant, evidence = passed(run)
    assert evidence.unpinned_s is not None
    home = {0: evidence.start.baseline[CONTROL].places[0]}
    for when, report in enumerate(evidence.reports):
        if report.time_s < evidence.unpinned_s:
            evidence = runs.moved(evidence, home, CONTROL, when)
    assert evidence.reports[-1].control.nodes == {1: 100}
    verdict = judge(variant, evidence)
    assert (verdict.status, broken(verdict)) == (ERROR, ["control pages move"])
    assert verdict.text.startswith("inconclusive: only 99 of 100 control pages moved to node 1 in ")


# the companions


@pytest.mark.parametrize(
    ("run", "region", "name"),
    [
        ("fork", "child", "the child's pages move"),
        ("fork_reads", "child", "the child's pages move"),
        ("fork_move_pages", "child", "the child's pages move"),
        ("double_range", "released", "released pages move"),
    ],
)
def test_a_page_of_the_companion_that_stays_fails(
    passed: Passed, run: str, region: str, name: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.left(evidence, region, 1))
    assert (verdict.status, broken(verdict)) == (FAIL, [name])
    words = name.removesuffix(" pages move")
    assert verdict.text.startswith(f"only 99 of 100 {words} pages moved to node 1 in ")


def test_a_third_region_that_is_not_there_is_an_error(passed: Passed) -> None:
    variant, evidence = passed("fork")
    baseline = {name: one for name, one in evidence.start.baseline.items() if name != "child"}
    verdict = judge(variant, replace(evidence, start=replace(evidence.start, baseline=baseline)))
    assert verdict.status == ERROR
    assert verdict.text.startswith("the workload did something else: nothing of the region child")


def test_pages_that_a_child_does_not_use_may_stay(passed: Passed) -> None:
    variant, evidence = passed("fork_idles")
    verdict = judge(variant, runs.left(evidence, "child", 1))
    assert (verdict.status, broken(verdict)) == (PASS, [])


@pytest.mark.parametrize("run", ["fork", "fork_reads", "fork_idles"])
def test_a_child_that_has_a_pinned_frame_fails(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    pinned = {0: evidence.start.baseline[SUBJECT].places[0]}
    verdict = judge(variant, runs.baseline_places(evidence, pinned, "child"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["child's copies are its own"])
    assert verdict.text == (
        "1 pages of the child are in the frames that are pinned for its parent, and 0 have no "
        "place (see samples.jsonl)"
    )


def test_a_childs_page_without_a_place_fails(passed: Passed) -> None:
    variant, evidence = passed("fork")
    verdict = judge(variant, runs.baseline_places(evidence, {0: runs.UNKNOWN}, "child"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["child's copies are its own"])
    assert "and 1 have no place (see samples.jsonl)" in verdict.text


# pages are of their kind


@pytest.mark.parametrize("run", ["thp", "hugetlb"])
@pytest.mark.parametrize("region", [SUBJECT, CONTROL])
def test_pages_that_are_not_mapped_huge_are_inconclusive(
    passed: Passed, run: str, region: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.baseline(evidence, region, mapped_huge=512))
    assert (verdict.status, broken(verdict)) == (ERROR, ["pages are mapped huge"])
    assert verdict.text == (
        "inconclusive: only 512 of 1024 pages are mapped by huge pages at the baseline "
        "(see samples.jsonl)"
    )


def test_pages_that_are_still_the_zero_page_fail(passed: Passed) -> None:
    variant, evidence = passed("zero")
    before = evidence.start.before_pin
    assert before
    verdict = judge(variant, runs.stays_at(evidence, before.places))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pages leave the zero page"])
    assert verdict.text == (
        "100 pages were in 1 frames before the pin and are in 1 after it, expected at most 1 and "
        "100 (see samples.jsonl)"
    )


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("zero", "zero page"),
        ("ksm", "merged pages"),
        ("zero_unpinned", "zero page"),
        ("ksm_unpinned", "merged pages"),
    ],
)
def test_pages_that_still_share_a_frame_fail_pinned_or_not(
    passed: Passed, run: str, name: str
) -> None:
    variant, evidence = passed(run)
    own = evidence.start.baseline[SUBJECT].places
    if variant.pinned:
        evidence = runs.stays_at(evidence, [own[0], own[0], *own[2:]])
    else:
        evidence = runs.baseline_places(evidence, {1: own[0]})
    verdict = judge(variant, evidence)
    assert broken(verdict)[0] == f"pages leave the {name}"
    assert verdict.status == FAIL
    assert rule(verdict, f"pages leave the {name}").got == "1 frames before the pin, 99 after"


# 100 merged pages need one frame, and can be in the last of others' frames too.
@pytest.mark.parametrize(("frames", "status"), [(1, PASS), (2, PASS), (3, ERROR)])
@pytest.mark.parametrize("run", ["ksm", "ksm_unpinned"])
def test_merged_pages_share_as_few_frames_as_ksm_makes(
    passed: Passed, run: str, frames: int, status: str
) -> None:
    variant, evidence = passed(run)
    before = evidence.start.before_pin
    assert before
    shared = before.places[0]
    others = [(shared[0] + number, shared[1]) for number in range(1, frames)]
    places = [*others, *before.places[len(others) :]]
    verdict = judge(variant, runs.before_pin(evidence, runs=runs.runs_of(places)))
    assert verdict.status == status
    assert broken(verdict) == ([] if status == PASS else ["pages leave the merged pages"])


def test_pages_that_were_not_the_zero_page_before_the_pin_are_inconclusive(passed: Passed) -> None:
    variant, evidence = passed("zero")
    own = evidence.start.baseline[SUBJECT].runs
    verdict = judge(variant, runs.before_pin(evidence, runs=own))
    assert (verdict.status, broken(verdict)) == (ERROR, ["pages leave the zero page"])
    assert rule(verdict, "pages leave the zero page").got == "100 frames before the pin, 100 after"
    assert verdict.text == (
        "100 pages were in 100 frames before the pin and are in 100 after it, expected at most 1 "
        "and 100 (see samples.jsonl)"
    )


def test_pages_that_were_nowhere_before_the_pin_are_inconclusive(passed: Passed) -> None:
    variant, evidence = passed("zero")
    nowhere = replace(evidence, start=replace(evidence.start, before_pin=None))
    verdict = judge(variant, nowhere)
    assert (verdict.status, broken(verdict)) == (ERROR, ["pages leave the zero page"])
    assert rule(verdict, "pages leave the zero page").got == "0 frames before the pin, 100 after"


def test_a_page_that_has_no_frame_after_the_pin_has_not_left_the_zero_page(passed: Passed) -> None:
    variant, evidence = passed("zero")
    verdict = judge(variant, runs.baseline_places(evidence, {0: runs.UNKNOWN}))
    assert verdict.status == FAIL
    assert broken(verdict) == ["pages leave the zero page", "pinned pages stay"]
    assert rule(verdict, "pages leave the zero page").got == "1 frames before the pin, 99 after"


@pytest.mark.parametrize(
    ("release", "status"), [("6.1.0-56-cloud-amd64", FAIL), ("6.12.48-amd64", PASS)]
)
def test_from_6_2_on_a_pin_for_reading_must_give_each_page_its_own_frame(
    variant_of: VariantOf, passed: Passed, release: str, status: str
) -> None:
    # The run of a pin for writing, which does, judged as one for reading.
    _, evidence = passed("zero")
    evidence = runs.did(evidence, pin="driver_read")
    variant = variant_of(*PASSED["zero"], "expect=move, 6.2 stay", "expect_why=commit")
    verdict = judge(replace(variant, pin="driver_read"), evidence, release)
    assert verdict.status == status
    names = [rule.name for rule in verdict.rules]
    assert ("pages leave the zero page" in names) is (status == PASS)
