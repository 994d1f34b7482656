"""What `make nested` finds in the results of two runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from avocado_pin.debian.mirrors import Mirrors
from selftests.hosts import roots
from selftests.nested import jobs

SET = jobs.Set("pin_smoke", "bookworm", ("one", "two"))


def a_test(number: int, name: str, status: str = "PASS", accelerator: str | None = "kvm") -> Any:
    environment = {"accelerator": accelerator, "guest_boot": "fresh"}
    verdict = {"environment": environment, "text": "pages stayed" if status == "PASS" else "why"}
    return {
        "name": f"{number}-{name}",
        "status": status,
        "fail_reason": "<unknown>",
        "whiteboard": json.dumps(verdict) if accelerator else "",
        "time_elapsed": 1.5,
    }


def ran(folder: Path, *tests: Any) -> jobs.Ran:
    job = folder / "bookworm.pin_smoke.1"
    results = job / "job-1" / "results.json"
    results.parent.mkdir(parents=True)
    results.write_text(json.dumps({"tests": tests}))
    (job / "seconds").write_text("12\n")
    return jobs.read(folder, SET)


@pytest.fixture
def tcg(tmp_path: Path) -> jobs.Ran:
    """Two tests under TCG."""
    tests = [a_test(1, "one", accelerator="tcg"), a_test(2, "two", accelerator="tcg")]
    return ran(tmp_path / "tcg", *tests)


def test_the_same_verdicts_in_another_order(tcg: jobs.Ran, tmp_path: Path) -> None:
    kvm = ran(tmp_path, a_test(1, "two"), a_test(2, "one"))
    assert jobs.differences(SET, tcg, kvm) == []
    assert kvm.seconds == 12
    assert jobs.guests([kvm]) == {"fresh": 2}
    assert "! " not in jobs.table(SET, tcg, kvm)


def test_another_verdict(tcg: jobs.Ran, tmp_path: Path) -> None:
    kvm = ran(tmp_path, a_test(1, "one"), a_test(2, "two", "ERROR"))
    (difference,) = jobs.differences(SET, tcg, kvm)
    assert difference.startswith("two:")
    assert "under tcg: PASS pages stayed" in difference
    assert "under kvm: ERROR why" in difference
    (line,) = [line for line in jobs.table(SET, tcg, kvm).splitlines() if line.startswith("! ")]
    assert line.endswith("two")


def test_a_verdict_that_is_not_there(tcg: jobs.Ran, tmp_path: Path) -> None:
    (difference,) = jobs.differences(SET, tcg, ran(tmp_path, a_test(1, "one")))
    assert difference.startswith("two:")
    assert "under kvm: it did not end" in difference


@pytest.mark.parametrize("accelerator", ["tcg", None])
def test_a_test_that_did_not_run_under_kvm(
    tcg: jobs.Ran, tmp_path: Path, accelerator: str | None
) -> None:
    kvm = ran(tmp_path, a_test(1, "one"), a_test(2, "two", accelerator=accelerator))
    assert jobs.differences(SET, tcg, kvm) == [f"two: ran under {accelerator}, expected kvm"]


def test_a_test_without_a_guest(tmp_path: Path) -> None:
    cancelled = a_test(1, "one", "CANCEL", accelerator=None)
    runs = [
        ran(tmp_path / name, cancelled, a_test(2, "two", accelerator=name))
        for name in ("tcg", "kvm")
    ]
    assert jobs.differences(SET, *runs) == []


def test_a_set_that_did_not_end(tcg: jobs.Ran, tmp_path: Path) -> None:
    kvm = jobs.read(tmp_path, SET)
    assert len(jobs.differences(SET, tcg, kvm)) == 3
    assert "unknown under KVM" in jobs.table(SET, tcg, kvm)


def test_parts() -> None:
    names = tuple(f"test{number}" for number in range(jobs.PART + 1))
    first, second = jobs.Set("pin_tests", "sid", names).parts
    assert first.tests + second.tests == names
    assert (first.name, second.name) == ("sid.pin_tests.1", f"sid.pin_tests.{jobs.PART + 1}")


PART = SET.parts[0]


def test_a_job_that_ended_well_is_not_lost(tmp_path: Path) -> None:
    ran(tmp_path, a_test(1, "one"), a_test(2, "two", "ERROR"))
    assert jobs.lost(tmp_path, PART) == ""


def test_a_job_that_left_nothing_is_lost(tmp_path: Path) -> None:
    assert jobs.lost(tmp_path, PART) == "the outer guest was lost"


def test_a_job_with_a_guest_that_was_reset_is_lost(tmp_path: Path) -> None:
    test = a_test(2, "two", "ERROR", accelerator=None)
    test["fail_reason"] = "guest, command 'ask': got QEMU ended with status 0, expected an end"
    ran(tmp_path, a_test(1, "one"), test)
    assert jobs.lost(tmp_path, PART) == "a guest was reset under two"


@pytest.mark.parametrize("status", ["FAIL", "ERROR"])
def test_what_fails_in_both_is_told(tmp_path: Path, status: str) -> None:
    of = [
        ran(tmp_path / name, a_test(1, "one", status, name), a_test(2, "two", status, name))
        for name in ("tcg", "kvm")
    ]
    found = jobs.differences(SET, *of)
    assert found[0] == "no test passed under kvm"
    assert len(found) == 3


def test_lists_of_mirrors_are_given_to_a_root() -> None:
    lists = Mirrors("mirror+file:/etc/apt/mirrors/debian.list", "mirror+file:///srv/security.list")
    assert roots.lists_of_mirrors(lists) == ["/etc/apt/mirrors/debian.list", "/srv/security.list"]
    assert roots.lists_of_mirrors(Mirrors("http://a.mirror/debian", "file:/srv/security")) == []
