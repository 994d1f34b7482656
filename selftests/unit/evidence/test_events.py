"""What the workload reports, from captured lines to records."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import events
from avocado_pin.evidence.event_schema import Event
from avocado_pin.evidence.records import Answer, Change, End, Region

from .. import runs
from ..runs import BROKEN, PASSED, Captured

Lines = Callable[[str], list[str]]
Events = Callable[[str], list[Event]]
Altered = Callable[..., list[Event]]


@pytest.fixture
def lines(captured: Captured) -> Lines:
    """Return the lines of a run's samples.jsonl."""
    return lambda run: captured(f"runs/{run}/samples.jsonl").splitlines()


@pytest.fixture
def events_of(lines: Lines) -> Events:
    """Return the events of a run."""
    return lambda run: events.read(lines(run))


@pytest.fixture
def altered(lines: Lines) -> Altered:
    """Return the events of a run, with fields of the first of a name altered; None: left out."""

    def alter(run: str, name: str, **fields: Any) -> list[Event]:
        found = [json.loads(line) for line in lines(run)]
        event = next(event for event in found if event["event"] == name)
        event.update(fields)
        for field in [field for field, value in fields.items() if value is None]:
            del event[field]
        return events.read(map(json.dumps, found))

    return alter


def _first(found: list[Event], name: str) -> Any:
    return next(event for event in found if event.event == name)


def _without(found: list[Event], name: str) -> list[Event]:
    return [event for event in found if event.event != name]


# events


@pytest.mark.parametrize("run", [*PASSED, *BROKEN, "pin_refused"])
def test_every_line_is_an_event(lines: Lines, run: str) -> None:
    found = events.read(lines(run))
    assert len(found) == len(lines(run))
    assert (found[0].event, found[-1].event) == ("begin", "end")


def test_a_line_that_was_cut_is_quoted(lines: Lines) -> None:
    cut = lines("pinned_100")
    cut[-1] = cut[-1][:20]
    with pytest.raises(EvidenceUnreadable) as caught:
        events.read(cut)
    assert repr(cut[-1]) in str(caught.value)
    assert caught.value.look_at == "samples.jsonl"


@pytest.mark.parametrize("version", ["1", "3", "null"])
def test_another_version_is_refused(lines: Lines, version: str) -> None:
    other = [line.replace('{"v":2,', f'{{"v":{version},') for line in lines("pinned_100")]
    with pytest.raises(EvidenceUnreadable, match=r"at `\$\.v`.* expected JSON lines of version 2"):
        events.read(other)


@pytest.mark.parametrize("field", ['"event":"end",', '"v":2,', '"t":9.065,'])
def test_an_event_without_a_field_that_all_have_is_refused(lines: Lines, field: str) -> None:
    broken = [line.replace(field, "") for line in lines("pinned_100")]
    assert broken != lines("pinned_100")
    with pytest.raises(EvidenceUnreadable, match="the workload's events: got "):
        events.read(broken)


@pytest.mark.parametrize("line", ["[1, 2]", "7", "null", '"end"', "", "{}", "pin_workload: error"])
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(EvidenceUnreadable, match="the workload's events: got "):
        events.read([line])


# start


def test_start_of_a_pinned_run(events_of: Events) -> None:
    found = events.start(events_of("pinned_100"))
    assert (found.pid, found.page_size, found.pages) == (227, 4096, 100)
    assert (found.target_node, found.driver_abi) == (1, 1)
    assert (found.pin_errno, found.minor_faults) == (0, 100)
    assert found.before_pin is None
    assert list(found.baseline) == ["subject", "control"]
    assert found.addresses == [0x7FFFF7766000, 0x7FFFF76FF000]


@pytest.mark.parametrize(
    ("run", "pin", "kind", "migrator", "companion"),
    [
        ("pinned_100", "driver", "anon", "balancing", "none"),
        ("unpinned_100", "none", "anon", "balancing", "none"),
        ("mlock", "mlock", "anon", "balancing", "none"),
        ("read_pin", "driver_read", "zero", "balancing", "none"),
        ("fork_move_pages", "driver", "anon", "move_pages", "child"),
        ("pin_refused", "driver", "hugetlb", "move_pages", "none"),
    ],
)
def test_start_says_what_the_workload_did(
    events_of: Events, run: str, pin: str, kind: str, migrator: str, companion: str
) -> None:
    did = events.start(events_of(run)).did
    assert (did["pin"], did["page_kind"]) == (pin, kind)
    assert (did["migrator"], did["companion"]) == (migrator, companion)


def test_how_the_subject_was_pinned_is_what_the_pin_says(altered: Altered) -> None:
    found = altered("pinned_100", "pin", method="uacce")
    assert _first(found, "begin").pin == "driver"
    assert events.start(found).did["pin"] == "uacce"


def test_start_of_an_unpinned_run_has_no_driver(events_of: Events) -> None:
    assert events.start(events_of("unpinned_100")).driver_abi is None


@pytest.mark.parametrize(
    ("run", "faults"), [("unpinned_100", 100), ("mlock", 100), ("thp", 2), ("no_pin", 0)]
)
def test_start_has_the_faults_of_the_pin_or_of_the_first_touch(
    events_of: Events, run: str, faults: int
) -> None:
    assert events.start(events_of(run)).minor_faults == faults


def test_start_of_pages_that_are_there_before_has_the_faults_of_the_pin(events_of: Events) -> None:
    found = events_of("compaction")
    assert _first(found, "touch").minor_faults == 100
    assert events.start(found).minor_faults == 0


def test_start_tells_pages_that_were_not_there_after_the_pin(events_of: Events) -> None:
    found = events.start(events_of("no_pin")).baseline
    assert {name: placement.unknown for name, placement in found.items()} == {
        "subject": 100,
        "control": 0,
    }


@pytest.mark.parametrize(("run", "name"), [("fork", "child"), ("double_range", "released")])
def test_start_has_the_companion(events_of: Events, run: str, name: str) -> None:
    found = events.start(events_of(run)).baseline
    assert set(found) == {"subject", "control", name}
    assert len(found[name].pfns) == 100


def test_the_childs_copies_are_where_their_originals_are_mapped(events_of: Events) -> None:
    found = events.start(events_of("fork")).baseline
    assert found["child"].address == found["subject"].address


def test_start_tells_where_the_pages_were_before_the_pin(events_of: Events) -> None:
    found = events.start(events_of("movable"))
    assert found.before_pin
    assert found.before_pin.zones == {"Movable": 100}
    assert found.baseline["subject"].zones.get("Movable", 0) == 0
    assert not set(found.before_pin.pfns) & set(found.baseline["subject"].pfns)


def test_pages_of_the_zero_page_are_one_frame(events_of: Events) -> None:
    found = events.start(events_of("zero"))
    assert found.before_pin
    assert len(found.before_pin.pfns) == 100
    assert len(set(found.before_pin.pfns)) == 1


@pytest.mark.parametrize(("run", "huge"), [("thp", 1024), ("hugetlb", 1024), ("pinned_100", 0)])
def test_start_tells_what_is_mapped_huge(events_of: Events, run: str, huge: int) -> None:
    found = events.start(events_of(run)).baseline.values()
    assert {placement.mapped_huge for placement in found} == {huge}


def test_frames_of_pages_without_a_place_are_left_out(events_of: Events) -> None:
    subject = events.start(events_of("no_pin")).baseline["subject"]
    assert subject.runs == ((0, -1, 100),)
    assert subject.pfns == []


def test_consecutive_frames_are_counted_up(events_of: Events) -> None:
    subject = events.start(events_of("hugetlb")).baseline["subject"]
    first, _, pages = subject.runs[0]
    assert subject.pfns[:pages] == list(range(first, first + pages))


def test_a_pin_that_was_refused_has_an_errno_and_no_baseline(events_of: Events) -> None:
    found = events.start(events_of("pin_refused"))
    assert found.pin_errno == 12
    assert found.baseline == {}
    assert found.addresses == []


def test_start_names_the_event_that_is_missing(events_of: Events) -> None:
    found = _without(events_of("pinned_100"), "begin")
    with pytest.raises(EvidenceUnreadable, match="no event 'begin' among"):
        events.start(found)


def test_a_missing_event_is_told_with_the_workloads_own_words(events_of: Events) -> None:
    found = _without(events_of("pin_refused"), "begin")
    with pytest.raises(EvidenceUnreadable) as caught:
        events.start(found)
    assert "; the workload said: pin the subject region: Cannot allocate" in str(caught.value)


def test_start_without_a_pin_or_a_touch_is_refused(events_of: Events) -> None:
    found = _without(events_of("pinned_100"), "pin")
    with pytest.raises(EvidenceUnreadable, match="no pin or touch of the subject before ready"):
        events.start(found)


# end


@pytest.mark.parametrize("run", ["pinned_100", "unpinned_100", "fork", "double_range", "mlock"])
def test_end_of_a_good_run(events_of: Events, run: str) -> None:
    assert events.end(events_of(run)) == End(exit_code=0, unpin_errno=0)


@pytest.mark.parametrize(
    ("event", "fields", "end"),
    [
        ("end", {"exit": 5}, End(5, 0)),
        ("unpin", {"errno": 5, "error": "Input/output error"}, End(0, 5)),
    ],
)
def test_end_tells_what_went_wrong(
    altered: Altered, event: str, fields: dict[str, Any], end: End
) -> None:
    assert events.end(altered("pinned_100", event, **fields)) == end


def test_end_of_a_run_whose_pin_was_refused(events_of: Events) -> None:
    assert events.end(events_of("pin_refused")) == End(exit_code=1, unpin_errno=0)


def test_the_unpin_of_another_region_does_not_count(altered: Altered) -> None:
    found = altered("double_range", "unpin", errno=5, error="Input/output error")
    assert _first(found, "unpin").region == "released"
    assert events.end(found).unpin_errno == 0


def test_end_refuses_a_run_that_did_not_say(events_of: Events) -> None:
    with pytest.raises(EvidenceUnreadable, match="no event 'end' among"):
        events.end(events_of("pinned_100")[:-1])


# when something happened


@pytest.mark.parametrize(
    ("run", "event", "time_s"),
    [
        ("pinned_100", "write_start", 9.12),
        ("move_pages", "migrate", 9.41),
        ("move_pages", "write_start", None),
    ],
)
def test_the_time_of_the_first_event_of_a_name(
    events_of: Events, run: str, event: str, time_s: float | None
) -> None:
    assert events.time_of(events_of(run), event) == time_s


def test_the_subject_was_unpinned_under_pressure(events_of: Events) -> None:
    assert events.unpinned_s(events_of("unpinned_after")) == 10.318


def test_the_unpin_of_a_range_that_is_released_is_not_the_subjects(events_of: Events) -> None:
    found = [e for e in events_of("double_range") if getattr(e, "region", "") != "subject"]
    assert events.unpinned_s(found) is None


def test_a_subject_that_is_not_pinned_is_never_unpinned(events_of: Events) -> None:
    assert events.unpinned_s(events_of("unpinned_100")) is None


# reports


def test_reports_are_in_their_order(events_of: Events) -> None:
    times = [report.time_s for report in events.reports(events_of("pinned_100"))]
    assert len(times) == 11
    assert times == sorted(times)


def test_a_report_before_the_move(events_of: Events) -> None:
    first = events.reports(events_of("seed_unpinned"))[0]
    assert first.time_s < 71.824
    assert first.control == Region({0: 100}, 0, 0, 0, 0, (), None)


def test_a_report_after_the_move_has_the_first_change(events_of: Events) -> None:
    last = events.reports(events_of("pinned_100"))[-1]
    assert last.control.changed_pages == (range(100),)
    assert last.control.first_changed == Change(0, 24352, 1054754, 0, 1)
    assert (last.time_s, last.end_s, last.passes) == (9.91, 9.916, 127771)


def test_changed_pages_are_read_as_people_write_them(lines: Lines, altered: Altered) -> None:
    report = next(json.loads(line) for line in lines("pinned_100") if '"report"' in line)
    control = {**report["control"], "changed_pages": "0-2,5,40-99"}
    found = altered("pinned_100", "report", control=control)
    changed = events.reports(found)[0].control.changed_pages
    assert [page for pages in changed for page in pages] == [0, 1, 2, 5, *range(40, 100)]


# what is told page by page


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ("pinned_100", {"final": True}),
        ("unpinned_100", {"final": False}),
        ("unpinned_after", {"unpin": True, "final": False}),
    ],
)
def test_the_last_report_and_that_of_the_unpin_tell_of_each_page(
    events_of: Events, run: str, told: dict[str, bool]
) -> None:
    """Of each region, and of what the driver holds if it holds any."""
    by_page = [report for report in events.reports(events_of(run)) if report.placements]
    assert {report.reason: report.held is not None for report in by_page} == told
    for report in by_page:
        assert list(report.placements) == ["subject", "control"]


def test_what_the_driver_holds_is_told_page_by_page(events_of: Events) -> None:
    last = events.reports(events_of("pinned_100"))[-1]
    assert last.held
    assert (last.held.errno, last.held.pages) == (0, 100)
    assert last.held.places[:2] == [(25243, 0), (25244, 0)]
    assert last.held.places == last.placements["subject"].places


@pytest.mark.parametrize("run", ["fork", "double_range"])
def test_a_report_without_a_region_of_the_baseline_is_refused(
    events_of: Events, altered: Altered, run: str
) -> None:
    companion = _first(events_of(run), "begin").companion
    found = altered(run, "report", **{companion: None})
    with pytest.raises(EvidenceUnreadable, match=f"a report without {companion}"):
        events.reports(found)


def test_a_report_of_pages_in_swap(events_of: Events) -> None:
    last = events.reports(events_of("reclaim"))[-1].control
    assert (last.swapped, last.unknown, last.pages) == (100, 0, 100)
    assert last.nodes == {}
    assert last.first_changed
    assert (last.first_changed.pfn_to, last.first_changed.node_to) == (0, -1)


@pytest.mark.parametrize(
    ("run", "names"),
    [
        ("pinned_100", ["subject", "control"]),
        ("fork", ["subject", "control", "child"]),
        ("double_range", ["subject", "control", "released"]),
    ],
)
def test_a_report_has_the_regions_that_there_are(
    events_of: Events, run: str, names: list[str]
) -> None:
    for report in events.reports(events_of(run)):
        assert list(report.regions) == names
        assert {region.pages for region in report.regions.values()} == {100}


def test_a_report_has_the_drivers_answer_for_the_subject_only(events_of: Events) -> None:
    last = events.reports(events_of("unpin_early"))[-1]
    assert (last.subject.driver_pages, last.subject.driver_differs) == (100, 100)
    assert (last.control.driver_pages, last.control.driver_differs) == (None, None)


def test_a_driver_is_not_asked_for_what_it_does_not_hold(events_of: Events) -> None:
    last = events.reports(events_of("unpinned_after"))[-1].subject
    assert (last.driver_pages, last.driver_differs) == (None, None)


def test_a_region_counts_the_pages_of_a_node(events_of: Events) -> None:
    last = events.reports(events_of("pinned_100"))[-1]
    assert (last.control.on(0), last.control.on(1)) == (0, 100)


# answers


def test_answers_are_in_their_order(events_of: Events) -> None:
    assert events.answers(events_of("move_pages")) == [
        Answer(1, "subject", "page", {"unset": 100}, 0, 100),
        Answer(1, "control", "page", {"1": 100}, 0, 0),
    ]


def test_answers_of_a_second_round(events_of: Events) -> None:
    found = events.answers(events_of("unpinned_after_move_pages"))
    assert [(answer.round, answer.region) for answer in found] == [
        (1, "subject"),
        (1, "control"),
        (2, "subject"),
        (2, "control"),
    ]
    assert found[2].answers == {"1": 100}


def test_an_answer_for_all_regions(events_of: Events) -> None:
    (answer,) = events.answers(events_of("compaction"))
    assert (answer.region, answer.unit, answer.answers) == ("all", "call", {"0": 1})
    assert answer.not_moved is None


def test_balancing_gives_no_answers(events_of: Events) -> None:
    assert events.answers(events_of("pinned_100")) == []


# numastat samples


def test_numastat_samples_have_their_times_and_tables(captured: Captured) -> None:
    found = events.numastat_samples(captured("runs/pinned_100/numastat.log"))
    times = [(sample.start_s, sample.end_s) for sample in found]
    assert times == [(9.15, 9.18), (9.25, 9.28), (9.39, 9.41), (9.61, 9.64), (9.79, 9.82)]
    # The control moved before the second one.
    totals = [sample.table.rows["Total"] for sample in found]
    assert totals == [{0: 1.93, 1: 0.95}, *[{0: 1.56, 1: 1.32}] * 4]


@pytest.mark.parametrize("broken", ["", " to ", " to noon", " until 9.28"])
def test_a_numastat_log_with_a_broken_time_is_refused(captured: Captured, broken: str) -> None:
    log = captured("runs/pinned_100/numastat.log").replace(" to 9.28", broken)
    with pytest.raises(EvidenceUnreadable, match=r"numastat\.log: '9\.25"):
        events.numastat_samples(log)


def test_a_numastat_log_without_a_table_is_refused(captured: Captured) -> None:
    log = captured("runs/pinned_100/numastat.log")
    with pytest.raises(EvidenceUnreadable):
        events.numastat_samples(log + "--- from 21.00 to 21.10\nnumastat: not found\n")


def test_no_log_has_no_samples() -> None:
    assert events.numastat_samples("") == []


# at rest


def test_pages_are_at_rest_once_two_reports_in_a_row_say_the_same(events_of: Events) -> None:
    found = events.reports(events_of("seed_unpinned"))
    rest = [events.at_rest(found[: number + 1]) for number in range(len(found))]
    nodes = [[region.nodes for region in report.regions.values()] for report in found]
    same = [number > 0 and nodes[number] == nodes[number - 1] for number in range(len(found))]
    assert rest == same
    assert True in rest
    assert False in rest[1:]


def test_pages_without_a_place_are_not_at_rest(events_of: Events) -> None:
    last = events.reports(events_of("pinned_100"))[-1]
    assert events.at_rest([last, last])
    lost = runs.subject(last, unknown=1)
    assert not events.at_rest([lost, lost])
