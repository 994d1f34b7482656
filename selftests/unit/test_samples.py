from collections.abc import Callable

import pytest

from avocado_pin import samples
from avocado_pin.errors import EvidenceUnreadable
from avocado_pin.samples import Change, End, Region, Start

Captured = Callable[[str], str]


@pytest.fixture
def lines(captured: Captured) -> Callable[[str], list[str]]:
    """Return the lines of a run's samples.jsonl."""
    return lambda run: captured(f"runs/{run}/samples.jsonl").splitlines()


Lines = Callable[[str], list[str]]


# events


def test_every_line_is_an_event(lines: Lines) -> None:
    found = samples.events(lines("pinned_100"))
    kinds = [event["event"] for event in found]
    assert kinds[:3] == ["begin", "driver", "pin"]
    assert kinds[-2:] == ["unpin", "end"]
    assert len(found) == len(lines("pinned_100"))


def test_a_line_that_was_cut_is_quoted(lines: Lines) -> None:
    cut = lines("pinned_100")
    cut[-1] = cut[-1][:20]
    with pytest.raises(EvidenceUnreadable) as caught:
        samples.events(cut)
    assert repr(cut[-1]) in str(caught.value)
    assert caught.value.look_at == "samples.jsonl"


def test_another_version_is_refused(lines: Lines) -> None:
    newer = [line.replace('{"v":1,', '{"v":2,') for line in lines("pinned_100")]
    with pytest.raises(EvidenceUnreadable, match=r"version 2.* expected JSON lines of version 1"):
        samples.events(newer)


@pytest.mark.parametrize("field", ['"event":"end",', '"v":1,'])
def test_an_event_without_a_field_that_all_have_is_refused(lines: Lines, field: str) -> None:
    broken = [line.replace(field, "") for line in lines("pinned_100")]
    with pytest.raises(EvidenceUnreadable):
        samples.events(broken)


def test_json_that_is_no_event_is_refused() -> None:
    with pytest.raises(EvidenceUnreadable):
        samples.events(["[1, 2]"])


# start


def test_start_of_a_pinned_run(lines: Lines) -> None:
    assert samples.start(samples.events(lines("pinned_100"))) == Start(
        pid=188,
        page_size=4096,
        pages=100,
        writer_node=1,
        driver_abi=1,
        minor_faults=100,
        unknown=(0, 0),
        addresses=(0x7F10876A4000, 0x7F108763E000),
    )


def test_start_of_an_unpinned_run_has_no_driver(lines: Lines) -> None:
    assert samples.start(samples.events(lines("unpinned_100"))).driver_abi is None


def test_start_of_an_unpinned_run_has_the_faults_of_the_first_touch(lines: Lines) -> None:
    assert samples.start(samples.events(lines("unpinned_100"))).minor_faults == 100


def test_start_tells_pages_that_were_not_there_after_the_pin(lines: Lines) -> None:
    assert samples.start(samples.events(lines("no_pin"))).unknown == (100, 0)


@pytest.mark.parametrize("name", ["begin", "pin"])
def test_start_names_the_event_that_is_missing(lines: Lines, name: str) -> None:
    found = [e for e in samples.events(lines("pinned_100")) if e["event"] != name]
    with pytest.raises(EvidenceUnreadable, match=f"no event '{name}' among"):
        samples.start(found)


def test_start_refuses_a_run_without_a_baseline(lines: Lines) -> None:
    found = [e for e in samples.events(lines("pinned_100")) if e["event"] != "placement"]
    with pytest.raises(EvidenceUnreadable, match="no 'subject' before ready"):
        samples.start(found)


def test_start_refuses_a_baseline_without_addresses(lines: Lines) -> None:
    found = samples.events(lines("pinned_100"))
    for event in found:
        event.pop("addr", None)
    with pytest.raises(EvidenceUnreadable, match="no 'addr' before ready"):
        samples.start(found)


# end


@pytest.mark.parametrize("run", ["pinned_100", "unpinned_100"])
def test_end_of_a_good_run(lines: Lines, run: str) -> None:
    assert samples.end(samples.events(lines(run))) == End(exit_code=0, unpin_errno=0)


@pytest.mark.parametrize(
    ("event", "field", "end"), [("end", "exit", End(5, 0)), ("unpin", "errno", End(0, 5))]
)
def test_end_tells_what_went_wrong(lines: Lines, event: str, field: str, end: End) -> None:
    found = samples.events(lines("pinned_100"))
    next(e for e in found if e["event"] == event)[field] = 5
    assert samples.end(found) == end


def test_end_refuses_a_run_that_did_not_say(lines: Lines) -> None:
    with pytest.raises(EvidenceUnreadable, match="no event 'end' among"):
        samples.end(samples.events(lines("pinned_100")[:-1]))


# reports


def test_reports_are_in_their_order(lines: Lines) -> None:
    found = samples.reports(samples.events(lines("pinned_100")))
    times = [report.time_s for report in found]
    assert len(times) == 7
    assert times == sorted(times)


def test_a_report_before_the_move(lines: Lines) -> None:
    first = samples.reports(samples.events(lines("pinned_100")))[0]
    assert first.time_s == 14.114
    assert first.control == Region({0: 100}, 0, 0, 0, "", None)


def test_a_report_after_the_move_has_the_first_change(lines: Lines) -> None:
    last = samples.reports(samples.events(lines("pinned_100")))[-1]
    assert last.control.changed_pages == "0-99"
    assert last.control.first_changed == Change(0, 15912, 1054880, 0, 1)


def test_a_report_has_the_drivers_answer_for_the_subject_only(lines: Lines) -> None:
    last = samples.reports(samples.events(lines("unpin_early")))[-1]
    assert (last.subject.driver_pages, last.subject.driver_differs) == (100, 100)
    assert (last.control.driver_pages, last.control.driver_differs) == (None, None)


@pytest.mark.parametrize("field", ["passes", "subject", "control"])
def test_a_report_without_a_field_is_refused(lines: Lines, field: str) -> None:
    found = samples.events(lines("pinned_100"))
    del next(event for event in found if event["event"] == "report")[field]
    with pytest.raises(EvidenceUnreadable, match=f"a report without '{field}'"):
        samples.reports(found)


def test_a_region_counts_the_pages_of_a_node(lines: Lines) -> None:
    last = samples.reports(samples.events(lines("pinned_100")))[-1]
    assert (last.control.on(0), last.control.on(1)) == (0, 100)


# numastat samples


def test_numastat_samples_have_their_times_and_tables(captured: Captured) -> None:
    found = samples.numastat_samples(captured("runs/pinned_100/numastat.log"))
    times = [(sample.start_s, sample.end_s) for sample in found]
    assert times == [(14.19, 14.63), (15.56, 16.04), (17.11, 17.58)]
    assert [sample.table.rows["Total"] for sample in found] == [{0: 1.42, 1: 1.23}] * 3


def test_a_numastat_log_with_a_broken_time_is_refused(captured: Captured) -> None:
    log = captured("runs/pinned_100/numastat.log").replace(" to 16.04", "")
    with pytest.raises(EvidenceUnreadable, match=r"numastat\.log: '15\.56'"):
        samples.numastat_samples(log)


def test_no_log_has_no_samples() -> None:
    assert samples.numastat_samples("") == []
