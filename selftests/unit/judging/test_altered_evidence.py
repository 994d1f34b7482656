"""Captured folders with one thing altered at a time: no claim of theirs may be, unnoticed.

The events' fields are walked through in selftests/unit/evidence/test_event_schema.py.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.errors import PinError
from avocado_pin.judging import test_folder
from avocado_pin.rules.judge import PASS

from ..conftest import DATA

FOLDERS = DATA / "folders"
NAMES = ["thp", "unpinned"]
# Lines without which a text says the same: of numastat those that part its table, and a log's of
# other times than the test's.
MAY_BE_LEFT_OUT = {
    "numastat.log": r"\s*|[- ]+",
    "console.txt": "(?!.*pin-guest: test).*",
    "dmesg.txt": "(?!.*pin-guest: test).*",
}
# The numbers that are evidence: of each match of the first, those that match the second. Of the
# mappings these are all addresses, and all that the regions' say.
NUMBERS = {
    "numa_maps_before.txt": [(r"^\w+", r"^\w+"), (r"{regions} .*", r"(?<=(N\d|on|ty|kB)=)\d+")],
    "vmstat_before.txt": [(r"nr_foll_pin_.*", r"\d+")],
    "numastat.log": [(r".*PID \d+", r"\d+(?= \()"), (r"^Total.*", r"\d+(?=\.\d+.*\.)")],
    "settings_after.txt": [(r"was .*", r"\d+")],
    "rmmod.txt": [],
    "preflight.txt": [(r"cpus .*kib", r"\d+"), (r"kib \d+", r"\d+"), (r"distances .*", r"\d+")],
}
NUMBERS["numa_maps_after.txt"] = NUMBERS["numa_maps_before.txt"]
NUMBERS["vmstat_pinned.txt"] = NUMBERS["vmstat_after.txt"] = NUMBERS["vmstat_before.txt"]
NUMBERS["settings.txt"] = NUMBERS["settings_after.txt"]


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of a captured folder that passed."""
    return Path(shutil.copytree(FOLDERS / request.param, tmp_path / "1-it"))


def _passes(folder: Path) -> bool:
    try:
        return test_folder.judged(Artifacts(folder)).verdict.status == PASS
    except PinError:
        return False


def _still_pass(folder: Path, name: str, others: Iterator[tuple[str, str]]) -> list[str]:
    """Return what was altered of a file, of that with which the test still passes."""
    path = folder / name
    whole, found, tried = path.read_text(), [], 0
    for what, text in others:
        path.write_text(text)
        tried += 1
        if text == whole or _passes(folder):
            found.append(what)
    path.write_text(whole)
    assert _passes(folder)
    assert tried
    return found


def _without_a_line(text: str, may_be_left_out: str) -> Iterator[tuple[str, str]]:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if not re.fullmatch(may_be_left_out, line.strip("\n")):
            yield line, "".join(lines[:number] + lines[number + 1 :])


@pytest.mark.parametrize("name", [*NUMBERS, *MAY_BE_LEFT_OUT])
def test_no_line_may_be_left_out(folder: Path, name: str) -> None:
    if not (folder / name).exists():
        pytest.skip("the test made no settings")
    others = _without_a_line((folder / name).read_text(), MAY_BE_LEFT_OUT.get(name, "(?!)"))
    assert _still_pass(folder, name, others) == []


def _other_numbers(text: str, where: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for around, number in where:
        for line in re.finditer(around, text, re.M):
            for match in re.finditer(number, line[0]):
                start, end = line.start() + match.start(), line.start() + match.end()
                other = f"{int(match[0], 16) + 0x1000:x}" if len(match[0]) > 7 else f"{match[0]}7"
                yield f"{line[0]}: {other}", text[:start] + other + text[end:]


@pytest.mark.parametrize("name", [name for name, where in NUMBERS.items() if where])
def test_no_number_may_be_another(folder: Path, name: str) -> None:
    if not (folder / name).exists():
        pytest.skip("the test made no settings")
    regions = "|".join(_addresses(folder))
    where = [(around.replace("{regions}", f"({regions})"), n) for around, n in NUMBERS[name]]
    others = _other_numbers((folder / name).read_text(), where)
    assert _still_pass(folder, name, others) == []


def _addresses(folder: Path) -> set[str]:
    events = map(json.loads, (folder / "samples.jsonl").read_text().splitlines())
    return {event["addr"].removeprefix("0x") for event in events if event["event"] == "placement"}


@pytest.mark.parametrize("name", ["vmstat_before.txt", "vmstat_pinned.txt", "vmstat_after.txt"])
@pytest.mark.parametrize("other", ["vmstat_before.txt", "vmstat_pinned.txt", "vmstat_after.txt"])
def test_no_counters_may_be_those_of_another_time(folder: Path, name: str, other: str) -> None:
    (folder / name).write_text((folder / other).read_text())
    assert _passes(folder) == (name == other)


@pytest.mark.parametrize("name", ["numa_maps_before.txt", "numa_maps_after.txt", "samples.jsonl"])
def test_no_file_may_be_that_of_another_run(folder: Path, name: str) -> None:
    (folder / name).write_text((FOLDERS / "move_pages" / name).read_text())
    assert not _passes(folder)
