"""The sets as a user runs them: everything passes, and the evidence is there."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import AVOCADO, Job, Result, RunningJob

CELLS = [
    "pin_tests.pinned.pages_1",
    "pin_tests.pinned.pages_100",
    "pin_tests.pinned.pages_1024",
    "pin_tests.unpinned.pages_1",
    "pin_tests.unpinned.pages_100",
    "pin_tests.unpinned.pages_1024",
    "pin_tests.seed.pinned",
    "pin_tests.seed.unpinned",
]
# Two guests for eight tests, while other tests have guests of their own.
SET_TIMEOUT_S = 1800
ARTIFACTS = [
    "console.txt",
    "dmesg.txt",
    "numa_maps_after.txt",
    "numa_maps_before.txt",
    "numastat.log",
    "preflight.txt",
    "qemu_command.txt",
    "samples.jsonl",
    "verdict.json",
    "vmstat_after.txt",
    "vmstat_before.txt",
    "vmstat_pinned.txt",
]


def avocado_list(reference: str, folder: Path) -> list[str]:
    done = subprocess.run(
        [AVOCADO, "list", reference], cwd=folder, check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    return [line.split()[1] for line in done.stdout.splitlines() if line]


def test_list_from_any_folder(tmp_path: Path) -> None:
    assert avocado_list("pin_tests", tmp_path) == CELLS


@pytest.mark.parametrize(
    ("reference", "cells"),
    [
        ("pin_tests.pinned", CELLS[:3]),
        ("pin_tests.seed", CELLS[6:]),
        ("pin_tests.unpinned.pages_100", [CELLS[4]]),
        ("pin_tests..pages_1", [CELLS[0], CELLS[3]]),
        ("pin_driver", ["pin_driver.abi"]),
    ],
)
def test_filters(tmp_path: Path, reference: str, cells: list[str]) -> None:
    assert avocado_list(reference, tmp_path) == cells


def test_other_tests_are_left_alone(run_job: Callable[..., Job]) -> None:
    job = run_job("/bin/true")
    assert job.only.status == "PASS"
    assert "ARTIFACTS" not in job.output


def test_all_pass(start_job: Callable[..., RunningJob]) -> None:
    job = start_job("--max-parallel-tasks", "2", "pin_tests").end(timeout_s=SET_TIMEOUT_S)
    assert {result.name: (result.status, result.reason) for result in job.results} == dict.fromkeys(
        CELLS, ("PASS", "")
    )
    assert "ARTIFACTS  : " in job.output
    for result in job.results:
        check_evidence(result)
    booted = [result.verdict["environment"]["guest_boot"] for result in job.results]
    assert 1 <= booted.count("fresh") <= 2


def check_evidence(result: Result) -> None:
    missing = [name for name in ARTIFACTS if not (result.folder / name).stat().st_size]
    assert missing == []
    verdict = result.verdict
    assert all(rule["passed"] for rule in verdict["rules"])
    assert verdict["environment"]["accelerator"] in ("kvm", "tcg")
    assert verdict["environment"]["page_size"] == 4096
    assert verdict["test"] == result.name
    assert json.loads(result.whiteboard) == verdict
    if "seed" in result.name:
        assert result.text("numastat.log").count("--- from ") == 10
    assert [path for path in result.folder.iterdir() if path.name.startswith("tmp_dir")] == []
