"""A guest that is restored from a snapshot is the guest that was booted."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avocado_pin.base.paths import data_folder

from ..conftest import Job, Result, pinned, unpinned

FORCED = "pin_smoke.move_pages.unpinned.anon.pages_1024.two_nodes.normal.off.no_writer"
FOUR_NODES = "pin_nightly.balancing.driver.anon.pages_100.four_nodes.normal.fast.one_writer"
REMOVED = "the guest is booted, its snapshot removed"


@pytest.fixture
def own_guest(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return parameters of guests that no other test has snapshots of, one for each test."""
    # With a dot: a parameter of a module, which is not there (kernel-parameters.rst).
    yield {"kernel_args": f"pin_selftest.id={uuid.uuid4().hex}", "reuse_guest": "no"}
    for log in tmp_path.glob("job-*/test-results/*/debug.log"):
        shutil.rmtree(_snapshot_of(log.read_text()), ignore_errors=True)


def found(result: Result) -> tuple[Any, ...]:
    """Return all of a verdict that may not depend on where the guest came from."""
    rules = [(rule["name"], rule["passed"], rule["expected"]) for rule in result.verdict["rules"]]
    moved = [rule["got"] for rule in result.verdict["rules"] if "pages" in rule["name"]]
    return result.name.partition("-")[2], result.status, rules, moved


def snapshot_of(result: Result) -> Path:
    """Return the folder of the snapshot that a test's guest has."""
    return _snapshot_of(result.text("debug.log"))


def _snapshot_of(log: str) -> Path:
    key = re.search(r"pin_snapshot_key = (\w+)", log)
    assert key
    return data_folder().snapshots / key[1]


def test_a_restored_guest_changes_no_verdict(
    run_job: Callable[..., Job], own_guest: dict[str, str]
) -> None:
    """One guest of each kind keeps its snapshot; the others, too, are booted."""
    alone, kept = [pinned(100), FORCED], [unpinned(100), FOUR_NODES]
    booted = run_job(*alone, **own_guest, snapshot="no").results
    booted = booted + run_job(*kept, **own_guest).results
    restored = run_job(*alone, *kept, **own_guest)
    assert [result.boot for result in booted] == ["fresh"] * 4
    assert [result.boot for result in restored.results] == ["restored"] * 4
    assert {result.status for result in restored.results} == {"PASS"}
    assert list(map(found, restored.results)) == list(map(found, booted))
    for result in restored.results:
        assert "Linux version" in result.text("dmesg.txt")
        assert "pin-guest: up" in result.text("console.txt")


def _bits(folder: Path) -> None:
    data = bytearray((folder / "memory.zst").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "memory.zst").write_bytes(data)


def _end(folder: Path) -> None:
    """Cut it off, with the digest of what is left, so that QEMU finds out."""
    data = (folder / "memory.zst").read_bytes()[: 8 << 20]
    (folder / "memory.zst").write_bytes(data)
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    sums[0] = f"{hashlib.sha256(data).hexdigest()}  memory.zst"
    (folder / "SHA256SUMS").write_text("".join(f"{line}\n" for line in sums))


@pytest.mark.parametrize(("damage", "said"), [(_bits, "is damaged"), (_end, REMOVED)])
def test_a_guest_with_a_damaged_snapshot_is_booted(
    run_job: Callable[..., Job],
    own_guest: dict[str, str],
    damage: Callable[[Path], None],
    said: str,
) -> None:
    first = run_job(FORCED, **own_guest).only
    damage(snapshot_of(first))
    second = run_job(FORCED, **own_guest).only
    third = run_job(FORCED, **own_guest).only
    runs = [first, second, third]
    assert [run.status for run in runs] == ["PASS"] * 3
    assert [run.boot for run in runs] == ["fresh", "fresh", "restored"]
    assert said in second.text("debug.log")
    assert second.text("console.txt").count("pin-guest: up") == 1


def test_a_test_that_fails_removes_the_snapshot_of_its_guest(
    run_job: Callable[..., Job], own_guest: dict[str, str]
) -> None:
    failed = run_job(FORCED, **own_guest, after_preflight="false").only
    assert (failed.status, failed.boot) == ("ERROR", "fresh")
    assert not snapshot_of(failed).exists()
