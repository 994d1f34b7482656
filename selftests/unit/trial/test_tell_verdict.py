import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.evidence.records import Evidence
from avocado_pin.judging import as_told
from avocado_pin.judging.test_folder import Judged
from avocado_pin.judging.verdict_json_fields import SCHEMA, Environment
from avocado_pin.rules.judge import CANCEL, ERROR, FAIL, PASS, Verdict, judge
from avocado_pin.trial.tell_verdict import Report
from avocado_pin.variant.variant import Variant

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
RELEASE = "6.1.0-56-cloud-amd64"
# Of a test that has no guest yet.
ENVIRONMENT = Environment(
    avocado_pin="0.1.0",
    host="Linux-x86_64",
    accelerator="tcg",
    accelerator_reason="the variant asks for it",
    accelerator_option="tcg,thread=single",
    cpu_model="max",
    qemu_version="7.2.22",
    kernel="bookworm",
    kernel_flavour="cloud",
    kernel_asked=RELEASE,
    kernel_version="6.1.192-2",
    kernel_release=None,
)


class Ended(Exception):
    """What Avocado's fail, error and cancel raise."""


class FakeTest:
    """The part of Avocado's test that a verdict is given to."""

    def __init__(self) -> None:
        self.whiteboard = ""
        self.given: list[tuple[str, str]] = []
        self.log = logging.getLogger("test")

    def fail(self, text: str) -> None:
        self._end(FAIL, text)

    def error(self, text: str) -> None:
        self._end(ERROR, text)

    def cancel(self, text: str) -> None:
        self._end(CANCEL, text)

    def _end(self, status: str, text: str) -> None:
        self.given.append((status, text))
        raise Ended


@pytest.fixture
def variant(variant_of: Callable[..., Variant]) -> Variant:
    return variant_of(CELL)


@pytest.fixture
def report() -> Report:
    return Report(ENVIRONMENT)


@pytest.fixture
def evidence(evidence_of: Callable[[str], Evidence]) -> Evidence:
    return evidence_of("pinned_100")


@pytest.fixture
def judged(variant: Variant, evidence: Evidence) -> Judged:
    return _judged(variant, judge(variant, variant.expected(RELEASE), evidence))


def _judged(variant: Variant, verdict: Verdict, *warned_before: str) -> Judged:
    return Judged(variant, variant.expected(RELEASE), verdict, list(warned_before), RELEASE)


def _read(report: Report, judged: Judged) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(report.text(judged))
    return value


def test_tells_the_test_the_status_and_the_text(report: Report, judged: Judged) -> None:
    told = _read(report, judged)
    assert (told["schema"], told["test"]) == (SCHEMA, CELL)
    assert (told["status"], told["text"]) == (PASS, judged.verdict.text)


def test_tells_each_rule_with_got_and_expected(report: Report, judged: Judged) -> None:
    rules = {rule["name"]: rule for rule in _read(report, judged)["rules"]}
    assert len(rules) == len(judged.verdict.rules)
    assert rules["control pages move"] == {
        "name": "control pages move",
        "got": "100 of 100",
        "expected": "all 100",
        "passed": True,
        "broken_means": ERROR,
        "text": "",
    }


def test_tells_the_variant_with_its_nodes(report: Report, judged: Judged) -> None:
    told = _read(report, judged)["variant"]
    assert (told["pin"], told["pages"]) == ("driver", 100)
    assert told["nodes"][1] == {"number": 1, "mem_mib": 2048, "cpus": [4, 5, 6, 7]}
    assert told["distances"] is None
    assert told["settings"] == {
        "scan_delay_ms": "100",
        "scan_period_min_ms": "100",
        "scan_period_max_ms": "200",
    }


def test_tells_what_must_happen_on_the_guests_kernel(report: Report, judged: Judged) -> None:
    told = _read(report, judged)
    assert told["expected"] == {
        "subject": {"what": "stay", "errno": ""},
        "control": {"what": "move", "errno": ""},
    }
    assert not {"expect", "expect_control", "layout"} & set(told["variant"])


def test_tells_what_is_so_on_some_kernels_with_its_source(
    variant_of: Callable[..., Variant],
) -> None:
    cell = "pin_smoke.move_pages.driver.anon.pages_1024.two_nodes.normal.off.no_writer"
    old = variant_of(cell).on("5.10.0-46-cloud-amd64")
    (told,) = _read(Report(ENVIRONMENT), _judged(old, Verdict(PASS, "", [])))["of_some_kernels"]
    assert "commit a7504ed14f9b" in told.pop("why")
    assert told == {
        "parameter": "answer_stayed",
        "expected": "not_moved_but_one",
        "since": "",
        "until": "6.1",
    }


def test_tells_of_a_kernel_that_nobody_has_seen(report: Report, variant: Variant) -> None:
    newer = _judged(variant.on("7.4.1-cloud-amd64"), Verdict(PASS, "100 of 100 stayed", []))
    told = _read(report, newer)
    assert told["newer_than_seen"].startswith("kernel 7.4.1-cloud-amd64 is newer than 7.3")
    assert told["text"] == f"100 of 100 stayed; {told['newer_than_seen']}"
    seen = _read(report, _judged(variant.on(RELEASE), Verdict(PASS, "100 of 100 stayed", [])))
    assert (seen["newer_than_seen"], seen["text"]) == ("", "100 of 100 stayed")


def test_tells_the_distances_of_the_layout(variant_of: Callable[..., Variant]) -> None:
    far = variant_of(CELL, "numa_distances=10 12; 12 10")
    told = _read(Report(ENVIRONMENT), _judged(far, Verdict(PASS, "", [])))
    assert told["variant"]["distances"] == [[10, 12], [12, 10]]


@pytest.mark.parametrize("boot", ["fresh", "restored", "reused"])
def test_tells_where_the_guest_came_from(report: Report, judged: Judged, boot: str) -> None:
    report.add_guest(boot, 3)
    told = _read(report, judged)["environment"]
    assert (told["guest_boot"], told["guest_tests"]) == (boot, 3)


def test_tells_the_environment_with_what_only_the_guest_knew(
    report: Report, judged: Judged, evidence: Evidence
) -> None:
    report.add_driver("1.0")
    report.add_start(evidence.start)
    assert _read(report, judged)["environment"] == {
        **msgspec.to_builtins(ENVIRONMENT),
        "kernel_release": RELEASE,
        "driver_version": "1.0",
        "driver_abi": 1,
        "page_size": 4096,
    }


def test_does_not_change_the_environment_it_was_given(report: Report, evidence: Evidence) -> None:
    report.add_driver("1.0")
    report.add_start(evidence.start)
    assert not {"driver_version", "page_size"} & set(msgspec.to_builtins(ENVIRONMENT))


OTHER = "6.1.0-57-cloud-amd64"


@pytest.mark.parametrize(("own", "told"), [(OTHER, OTHER), ("", None)])
def test_the_release_is_the_guests_own_and_not_that_of_the_stock(
    report: Report, judged: Judged, own: str, told: str | None
) -> None:
    environment = _read(report, replace(judged, release=own))["environment"]
    assert (environment["kernel_release"], environment["kernel_asked"]) == (told, RELEASE)


def test_what_is_written_is_read(tmp_path: Path, report: Report, judged: Judged) -> None:
    report.add_guest("restored", 3)
    (tmp_path / "verdict.json").write_text(report.text(judged))
    told = as_told.read(Artifacts(tmp_path))
    assert told.rules == judged.verdict.rules
    assert (told.expected, told.environment.guest_tests) == (judged.expected, 3)


def test_takes_the_time_of_a_phase_also_of_one_that_fails(report: Report, judged: Judged) -> None:
    with report.phase("boot"):
        pass
    with pytest.raises(RuntimeError), report.phase("run"):
        raise RuntimeError
    phases = _read(report, judged)["phases_s"]
    assert list(phases) == ["boot", "run"]
    assert all(seconds >= 0 for seconds in phases.values())


@pytest.mark.parametrize("status", [FAIL, ERROR, CANCEL])
def test_gives_avocado_the_status_and_the_text(
    tmp_path: Path, report: Report, variant: Variant, status: str
) -> None:
    test = FakeTest()
    with pytest.raises(Ended):
        report.conclude(test, Artifacts(tmp_path), _judged(variant, Verdict(status, "why", [])))
    assert test.given == [(status, "why")]


def test_gives_avocado_nothing_for_a_pass(
    tmp_path: Path, report: Report, judged: Judged, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    test = FakeTest()
    report.conclude(test, Artifacts(tmp_path), judged)
    assert test.given == []
    assert judged.verdict.text in caplog.text


def test_writes_the_verdict_before_a_failing_test_ends(
    tmp_path: Path, report: Report, variant: Variant
) -> None:
    test = FakeTest()
    judged = _judged(variant, Verdict(FAIL, "why", []))
    with pytest.raises(Ended):
        report.conclude(test, Artifacts(tmp_path), judged)
    assert (tmp_path / "verdict.json").read_text() == report.text(judged) == test.whiteboard
