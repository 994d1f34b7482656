import os
from pathlib import Path

import pytest

from avocado_pin.base.paths import DataFolder
from avocado_pin.guest import snapshot_on_disk
from avocado_pin.guest.snapshot_on_disk import Snapshot
from avocado_pin.qemu.running import Known

KNOWN = Known("--- pin\n0\n", "node 0\n", {"/tmp/pin/page_pin.ko": "0f"})


@pytest.fixture
def kept(tmp_path: Path) -> Snapshot:
    """Return a snapshot that is there."""
    return keep(Snapshot(tmp_path / "snapshots" / "one"))


def keep(new: Snapshot, size: int = 10) -> Snapshot:
    new.keep(lambda file: _write(file, size), "up\n", KNOWN)
    return new


def _write(file: Path, size: int) -> None:
    file.write_bytes(bytes(size))


def test_what_is_kept_is_there(kept: Snapshot) -> None:
    assert kept.is_there()
    assert (kept.memory.read_bytes(), kept.console()) == (bytes(10), "up\n")
    assert kept.known() == KNOWN


def test_what_was_never_kept_is_not_there(tmp_path: Path) -> None:
    assert not Snapshot(tmp_path / "none").is_there()


@pytest.mark.parametrize("name", ["memory.zst", "console.log", "known.json"])
@pytest.mark.parametrize("damage", [b"", bytes(9), bytes(9) + b"1"])
def test_a_damaged_one_is_removed(kept: Snapshot, name: str, damage: bytes) -> None:
    (kept.folder / name).write_bytes(damage)
    assert not kept.is_there()
    assert not kept.folder.exists()


def test_of_two_that_keep_the_same_the_first_wins(kept: Snapshot) -> None:
    keep(kept, 20)
    assert kept.is_there()
    assert len(kept.memory.read_bytes()) == 10


def test_one_that_can_not_be_saved_leaves_nothing(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise OSError("disk full")

    new = Snapshot(tmp_path / "one")
    with pytest.raises(OSError, match="disk full"):
        new.keep(fail, "", KNOWN)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_nearly_full_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_on_disk, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(OSError, match="MiB free, expected"):
        keep(Snapshot(tmp_path / "one"))


# make_room


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    names = ["old", "used", "new"]
    for number, name in enumerate(names):
        one = keep(Snapshot(tmp_path / name), 1000)
        os.utime(one.folder, (number, number))
    assert Snapshot(tmp_path / "old").is_there()
    snapshot_on_disk.make_room(tmp_path, 3000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_all_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    for name in ("one", "two"):
        keep(Snapshot(folder / name))
    snapshot_on_disk.remove_all(DataFolder(tmp_path))
    assert not list(folder.iterdir())


def test_the_size_is_that_of_all(tmp_path: Path) -> None:
    for name in ("one", "two"):
        keep(Snapshot(tmp_path / "snapshots" / name), 1000)
    assert 2000 <= snapshot_on_disk.size(DataFolder(tmp_path)) < 2900
