"""The sets as a user runs them: everything passes, and the evidence is there."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.evidence import events
from avocado_pin.judging import as_told

from ..conftest import AT_ONCE, AVOCADO, Job, Result, RunningJob

# Which cells they are: selftests/unit/configs/test_every_set.py.
CELLS = 36
# The test can say nothing with one node, and says so.
CANCELLED = ["pin_tests.balancing.driver.anon.pages_100.one_node.normal.fast.one_writer"]
# Two guests at a time, while other tests have guests of their own.
SET_TIMEOUT_S = 1800
# Thirty more in each second.
PROGRAMS = "(while :; do for n in $(seq 30); do sleep 3 & done; sleep 1; done) >/dev/null 2>&1 &"
# In the name of every device that leads to others.
BRIDGES = re.compile("pcie-(root-port|pci-bridge)")
ARTIFACTS = [
    "console.txt",
    "dmesg.txt",
    "numa_maps_after.txt",
    "numa_maps_before.txt",
    "numastat.log",
    "params.json",
    "preflight.txt",
    "qemu_command.txt",
    "rmmod.txt",
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
    assert len(avocado_list("pin_tests", tmp_path)) == CELLS


@pytest.mark.parametrize(
    ("reference", "cells"),
    [
        ("pin_tests.balancing.uacce", ["uacce.anon.pages_2.two_nodes.normal.fast.two_writers"]),
        ("pin_tests..movable", ["driver.anon.pages_1024.two_nodes.movable.fast.one_writer"]),
        ("pin_tests..(layout=eight_nodes)", ["driver.anon.pages_100.eight_nodes.normal.fast"]),
        ("pin_tests.migrate_pages", ["driver.hugetlb_memfd.pages_1024.two_nodes.normal.off"]),
        ("pin_driver", ["pin_driver.abi"]),
    ],
)
def test_filters(tmp_path: Path, reference: str, cells: list[str]) -> None:
    found = avocado_list(reference, tmp_path)
    assert len(found) == len(cells)
    for name, part in zip(found, cells, strict=True):
        assert part in name


def test_other_tests_are_left_alone(run_job: Callable[..., Job]) -> None:
    job = run_job("/bin/true")
    assert job.only.status == "PASS"
    assert "ARTIFACTS" not in job.output


def test_all_pass(start_job: Callable[..., RunningJob]) -> None:
    job = start_job(AT_ONCE, "2", "pin_tests").end(timeout_s=SET_TIMEOUT_S)
    assert len(job.results) == CELLS
    ended = {result.name: (result.status, result.reason) for result in job.results}
    for name in CANCELLED:
        status, reason = ended.pop(name)
        assert status == "CANCEL"
        assert "there is nowhere to migrate to" in reason
    assert ended == dict.fromkeys(ended, ("PASS", ""))
    assert "ARTIFACTS  : " in job.output
    judged = [result for result in job.results if result.status == "PASS"]
    for result in judged:
        check_evidence(result)
    # One for each kind of guest that the set needs, and what two at a time need more.
    booted = [result.boot for result in judged]
    assert booted.count("reused") > CELLS / 2


def test_neither_reuse_nor_order_changes_a_verdict(start_job: Callable[..., RunningJob]) -> None:
    """The set in a random order, on guests that serve many tests and on one for each test."""
    words = (AT_ONCE, "2", "--shuffle", "pin_tests")
    shared = start_job(*words).end(timeout_s=SET_TIMEOUT_S)
    alone = start_job(*words, reuse_guest="no").end(timeout_s=SET_TIMEOUT_S)
    assert len(shared.results) == CELLS
    judged, judged_alone = judged_as(shared), judged_as(alone)
    assert judged.keys() == judged_alone.keys()
    differ = [name for name in judged if judged[name] != judged_alone[name]]
    assert {name: (judged[name], judged_alone[name]) for name in differ} == {}
    assert "reused" in {result.boot for result in shared.results}
    assert "reused" not in {result.boot for result in alone.results}


def test_offline_while_programs_start(run_job: Callable[..., Job]) -> None:
    """Their page tables must not be in the blocks that the pages are in.

    They were in a quarter of such tests before the workload made room for them elsewhere, so eight
    of these would miss that one time in ten.
    """
    cell = "pin_nightly.offline.{}.anon.pages_100.two_nodes.normal.off.no_writer"
    cells = [cell.format(pinning) for pinning in ("driver", *["unpinned"] * 7)]
    job = run_job(*cells, after_preflight=PROGRAMS)
    assert [(result.status, result.reason) for result in job.results] == [("PASS", "")] * 8


def judged_as(job: Job) -> dict[str, tuple[str, str, list[tuple[str, bool]]]]:
    """Return the status of each test, why, and which rules were applied and held."""
    return {
        result.name: (
            result.status,
            result.reason,
            [(rule["name"], rule["passed"]) for rule in result.verdict["rules"]],
        )
        for result in job.results
    }


def check_evidence(result: Result) -> None:
    missing = [name for name in ARTIFACTS if not (result.folder / name).stat().st_size]
    assert missing == []
    verdict = result.verdict
    assert msgspec.to_builtins(as_told.read(Artifacts(result.folder))) == verdict
    events.end(events.read(result.text("samples.jsonl").splitlines()))
    assert all(rule["passed"] for rule in verdict["rules"])
    assert verdict["environment"]["accelerator"] in ("kvm", "tcg")
    assert verdict["environment"]["page_size"] == 4096
    assert verdict["environment"]["kernel_release"] == verdict["environment"]["kernel_asked"]
    assert verdict["test"] == result.name
    assert json.loads(result.whiteboard) == verdict
    assert not BRIDGES.search(result.text("qemu_command.txt"))
    if result.name.endswith(".seed"):
        begun = re.findall(r"^--- from (\S+)", result.text("numastat.log"), re.M)
        assert len(begun) == 10
        # Ten times each 2 s; a sample begins with a report, which takes its time.
        assert float(begun[-1]) - float(begun[0]) > 17
    assert [path for path in result.folder.iterdir() if path.name.startswith("tmp_dir")] == []
