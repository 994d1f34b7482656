"""Every field of real events altered: what is no event is unreadable, and nothing passes anew."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from avocado_pin.base.artifacts import DMESG
from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import events, exits, from_artifacts, whole_run
from avocado_pin.evidence.event_schema import Event
from avocado_pin.evidence.from_artifacts import NUMASTAT, RMMOD, SAMPLES
from avocado_pin.rules.judge import PASS, Verdict
from avocado_pin.variant.variant import Variant

from ..conftest import read
from ..runs import BROKEN, PASSED, judge

# All events, companions and kinds of migrators among them.
RUNS = ["pinned_100", "unpinned_after", "fork_move_pages", "double_range", "movable", "offline"]
NULLABLE = {"first_changed", "not_moved", "driver_pages", "driver_differs"}
# Names that are data: each may be missing.
COUNTS = {"nodes", "zones", "answers"}
COMPANIONS = {"child", "released"}

Path = tuple[str | int, ...]
VariantOf = Callable[..., Variant]


def _lines(run: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read(f"runs/{run}/{SAMPLES}").splitlines()]


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each value within a value; of a list, those of the first and the last."""
    names = value if isinstance(value, dict) else {0, len(value) - 1} if value else ()
    for name in names if isinstance(value, dict | list) else ():
        yield (*path, name)
        if isinstance(value[name], dict | list):
            yield from _paths(value[name], (*path, name))


def _at(event: Any, path: Path) -> Any:
    for name in path:
        event = event[name]
    return event


def _with(event: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    altered = deepcopy(event)
    _at(altered, path[:-1])[path[-1]] = value
    return altered


def _without(event: dict[str, Any], path: Path) -> dict[str, Any]:
    altered = deepcopy(event)
    del _at(altered, path[:-1])[path[-1]]
    return altered


def _wrong(path: Path, value: Any) -> Iterator[Any]:
    """Yield what can't be in the place of a value: other types, and numbers of no sense."""
    yield from (True, [value], {"value": value}, [[value]])
    if path[-1] not in NULLABLE:
        yield None
    if isinstance(value, str):
        yield from (1, 1.5)
    elif isinstance(value, int | float):
        yield from (str(value), -2, "")
    elif value is not None:
        yield from (1, "1")
    if isinstance(value, int):
        yield value + 0.5


def _other(path: Path, value: Any) -> Iterator[Any]:
    """Yield what could be there."""
    if path[-1] in NULLABLE:
        yield None
    if isinstance(value, list):
        yield []
    elif isinstance(value, dict):
        yield {}
    elif isinstance(value, str):
        yield ""
    elif value is not None:
        yield from (-1, 0, 1, value + 1, 2**40, 2**70)


def _may_be_missing(path: Path) -> bool:
    in_list = isinstance(path[-1], int)
    return in_list or path[-1] in COMPANIONS or bool({*path[:-1]} & COUNTS)


def _said(event: Any) -> list[Event]:
    return events.read([json.dumps(event)])


def test_the_runs_have_every_event() -> None:
    found = {event["event"] for run in [*RUNS, "pin_refused"] for event in _lines(run)}
    assert found == {kind.__struct_config__.tag for kind in Event.__args__}


@pytest.mark.parametrize("run", [*RUNS, "pin_refused"])
def test_no_field_of_another_type_is_read(run: str) -> None:
    for event in _lines(run):
        for path in _paths(event):
            for value in _wrong(path, _at(event, path)):
                with pytest.raises(EvidenceUnreadable):
                    _said(_with(event, path, value))


@pytest.mark.parametrize("run", [*RUNS, "pin_refused"])
def test_no_event_without_a_field_is_read(run: str) -> None:
    for event in _lines(run):
        for path in _paths(event):
            if not _may_be_missing(path):
                with pytest.raises(EvidenceUnreadable):
                    _said(_without(event, path))


@pytest.mark.parametrize("name", ["begin", "placement", "report"])
def test_no_event_with_a_field_that_nobody_knows_is_read(name: str) -> None:
    event = next(event for event in _lines("pinned_100") if event["event"] == name)
    with pytest.raises(EvidenceUnreadable, match="unknown field"):
        _said({**event, "moved": 0})


def test_a_line_that_no_parser_ends_is_refused() -> None:
    with pytest.raises(EvidenceUnreadable):
        events.read(["[" * 100_000])


# the verdict


def _verdict(variant: Variant, run: str, lines: list[dict[str, Any]], **others: str) -> Verdict:
    files = {
        **others,
        SAMPLES: "\n".join(map(json.dumps, lines)),
        DMESG: read("dmesg/quiet.txt"),
        RMMOD: exits.line(0, ""),
    }
    found = from_artifacts.of_run(
        lambda name: files.get(name) or read(f"runs/{run}/{name}"),
        variant.forced,
        variant.pinning.unpins,
    )
    return judge(variant, found)


def _altered(lines: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield a run's events with one field altered or missing that may be so."""
    for number, event in enumerate(lines):
        for path in _paths(event):
            others = [_with(event, path, value) for value in _other(path, _at(event, path))]
            if _may_be_missing(path):
                others.append(_without(event, path))
            for other in others:
                yield [*lines[:number], other, *lines[number + 1 :]]


def _few(run: str) -> list[dict[str, Any]]:
    """Return a run's events with the reports of the first and the last sample, and of the end."""
    lines = _lines(run)
    reports = [event for event in lines if event["event"] == "report"]
    kept = [*reports[:2], *reports[2:][-3:]]
    few = [event for event in lines if event["event"] != "report" or event in kept]
    for number, report in enumerate(kept, 1):
        report["seq"] = number
    return few


def _few_samples(run: str) -> str:
    """Return the first sample of a run's numastat and the last."""
    _, *samples = re.split("(?=--- from )", read(f"runs/{run}/{NUMASTAT}"))
    return "".join([*samples[:1], *samples[1:][-1:]])


@pytest.mark.parametrize("run", ["pinned_100", "fork_move_pages"])
def test_a_field_altered_makes_no_other_verdict_pass(variant_of: VariantOf, run: str) -> None:
    variant = variant_of(*PASSED[run])
    lines, numastat = _few(run), {NUMASTAT: _few_samples(run)}
    original = _verdict(variant, run, lines, **numastat)
    assert original.status == PASS
    judged = 0
    for altered in _altered(lines):
        try:
            verdict = _verdict(variant, run, altered, **numastat)
        except EvidenceUnreadable:
            continue
        judged += 1
        assert verdict.status != PASS or verdict.text == original.text, altered
    assert judged > 50


@pytest.mark.parametrize("run", RUNS)
def test_an_event_that_is_left_out_makes_no_other_verdict_pass(
    variant_of: VariantOf, run: str
) -> None:
    variant = variant_of(*PASSED[run])
    lines = _lines(run)
    original = _verdict(variant, run, lines)
    for number in range(len(lines)):
        try:
            verdict = _verdict(variant, run, [*lines[:number], *lines[number + 1 :]])
        except EvidenceUnreadable:
            continue
        assert verdict.status != PASS or verdict.text == original.text, lines[number]


# a whole run


@pytest.mark.parametrize("run", [*PASSED, *BROKEN, "pin_refused"])
def test_real_runs_are_whole(run: str) -> None:
    assert list(whole_run.problems(events.read(read(f"runs/{run}/{SAMPLES}").splitlines()))) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("begin", "2 events 'begin'"),
        ("pin", "2 events 'pin subject'"),
        ("placement", "2 events 'placement baseline subject'"),
        ("held", "2 events 'held final'"),
        ("unpin", "2 events 'unpin subject'"),
        ("end", "2 events 'end'"),
        ("report", "which are not all from 1 on"),
    ],
)
def test_an_event_that_is_there_twice_is_refused(name: str, problem: str) -> None:
    lines = _lines("pinned_100")
    number = next(n for n, event in enumerate(lines) if event["event"] == name)
    twice = events.read(map(json.dumps, [*lines[:number], lines[number], *lines[number:]]))
    with pytest.raises(EvidenceUnreadable, match=problem) as caught:
        events.end(twice)
    assert "expected those of a whole run, in order" in str(caught.value)


@pytest.mark.parametrize(
    ("cut", "problem"),
    [
        (slice(1, None), "'driver' first and 'end' last"),
        (slice(None, None, -1), "'end' first and 'begin' last"),
    ],
)
def test_events_out_of_order_are_refused(cut: slice, problem: str) -> None:
    found = events.read(map(json.dumps, _lines("pinned_100")[cut]))
    assert problem in next(whole_run.problems(found))


def test_a_report_that_is_left_out_is_refused() -> None:
    lines = _lines("pinned_100")
    number = next(n for n, event in enumerate(lines) if event["event"] == "report")
    found = events.read(map(json.dumps, [*lines[:number], *lines[number + 1 :]]))
    with pytest.raises(EvidenceUnreadable, match="which are not all from 1 on"):
        events.end(found)


@pytest.mark.parametrize(("run", "name"), [("pinned_100", "report"), ("move_pages", "migrate")])
def test_what_ends_before_it_begins_is_refused(run: str, name: str) -> None:
    lines = _lines(run)
    event = next(event for event in lines if event["event"] == name)
    event["t_end"] = event["t"] - 1
    problems = list(whole_run.problems(events.read(map(json.dumps, lines))))
    assert problems == [f"{name!r} from {event['t']} s to {event['t_end']} s"]


def test_times_that_go_back_are_refused() -> None:
    lines = _lines("pinned_100")
    lines[3]["t"] = lines[2]["t"] - 1
    (problem,) = whole_run.problems(events.read(map(json.dumps, lines)))
    assert problem.startswith(f"{lines[3]['event']!r} at {lines[3]['t']} s after ")


@pytest.mark.parametrize(("run", "name"), [("pinned_100", "report"), ("move_pages", "migrate")])
def test_what_ends_after_the_next_begins_is_refused(run: str, name: str) -> None:
    lines = _lines(run)
    event = next(event for event in lines if event["event"] == name)
    event["t_end"] = lines[-1]["t"] + 1
    problem = next(whole_run.problems(events.read(map(json.dumps, lines))))
    assert f"s after {name!r} until " in problem
