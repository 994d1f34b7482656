"""Captured folders (selftests/data/folders) judged again: as they are, altered, and incomplete."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.judging import pin_judge
from avocado_pin.judging.pin_judge import A_FAIL, ALL_PASS, NOT_JUDGED, Again
from avocado_pin.rules.judge import CANCEL, ERROR, FAIL, PASS

from ..conftest import DATA

FOLDERS = DATA / "folders"
STATUS = {
    "driver": PASS,
    "move_pages": PASS,
    "no_pin": FAIL,
    "one_node": CANCEL,
    "panic": FAIL,
    "setting_undone": ERROR,
    "thp": PASS,
    "unpinned": PASS,
}
ENDED = [name for name, status in STATUS.items() if status == PASS]
# What each rule of a run reads: without it there is no verdict.
ARTIFACTS = [(name, path.name) for name in ENDED for path in sorted((FOLDERS / name).iterdir())]
# A log is as long as the kernel has something to say.
MAY_BE_SHORTER = ("console", "dmesg")

FolderOf = Callable[[str], Path]


@pytest.fixture
def folder_of(tmp_path: Path) -> FolderOf:
    """Return a copy of a captured folder."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(FOLDERS / name, tmp_path / f"1-{name}"))

    return copy


def judged(*folders: Path) -> list[Again]:
    return list(pin_judge.judge_again(folders))


def status(folder: Path) -> str | None:
    (again,) = judged(folder)
    return again.verdict.status if again.verdict else None


def words(folder: Path) -> str:
    (again,) = judged(folder)
    return "\n".join(again.lines())


def alter(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert re.search(old, text), old
    path.write_text(re.sub(old, new, text))


# as they are


def test_there_is_a_folder_for_each_status() -> None:
    assert sorted(path.name for path in FOLDERS.iterdir()) == sorted(STATUS)


@pytest.mark.parametrize("name", STATUS)
def test_a_folder_is_judged_as_the_test_was(folder_of: FolderOf, name: str) -> None:
    folder = folder_of(name)
    (again,) = judged(folder)
    assert again.verdict
    told = json.loads((folder / "verdict.json").read_text())
    assert (again.verdict.status, again.verdict.text) == (STATUS[name], told["text"])
    assert again.json()["rules"] == told["rules"]
    assert (again.otherwise, again.error) == ([], "")


# altered


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "rule", "status"),
    [
        (
            *("unpinned", "samples.jsonl", r'"nodes":\{"1":100\}', '"nodes":{"0":100}'),
            *("unpinned pages move", ERROR),
        ),
        (
            *("thp", "samples.jsonl", r'"ever_changed":0', '"ever_changed":1'),
            *("pinned pages stay", FAIL),
        ),
        (
            *("thp", "numastat.log", r"(\d+\.\d\d)( +)(\d+\.\d\d)( +\d+\.\d\d\n)", r"\3\2\1\4"),
            *("numastat agrees", ERROR),
        ),
        (
            *("thp", "vmstat_after.txt", r"(nr_foll_pin_released) \d+", r"\1 0"),
            *("no pin leaked", FAIL),
        ),
        (
            *("thp", "vmstat_pinned.txt", r"(nr_foll_pin_acquired) \d+", r"\1 512"),
            *("kernel counts the pins", FAIL),
        ),
        ("thp", "rmmod.txt", ".*", "exit 1: busy", "driver unloads", FAIL),
        ("thp", "dmesg.txt", r"\Z", "[ 1.0] BUG: Bad page state\n", "kernel log", FAIL),
        ("thp", "settings_after.txt", "was 100 is", "was 77 is", "settings stay", ERROR),
        ("driver", "programs.txt", "exit 0: abi_check\n", "exit 1: abi_check\n", "abi_check", FAIL),
        ("driver", "abi_check.tap", r"(?m)^ok 3", "not ok 3", "abi_check", FAIL),
        ("thp", "params.json", '"pages": "1024"', '"pages": "512"', "workload did", ERROR),
    ],
)
def test_an_altered_file_breaks_its_rule(
    folder_of: FolderOf, name: str, file: str, old: str, new: str, rule: str, status: str
) -> None:
    folder = folder_of(name)
    alter(folder / file, old, new)
    (again,) = judged(folder)
    assert again.verdict
    assert again.verdict.status == status
    lines = list(again.lines())
    assert f"    status: was PASS, is {status}" in lines
    assert any(line.startswith(f"    rule '{rule}") and "is broken" in line for line in lines)


@pytest.mark.parametrize(
    ("file", "old", "new", "status", "text"),
    [
        ("preflight.txt", "balancing 1", "balancing 0", ERROR, "numa_balancing: got 0"),
        ("preflight.txt", "balancing 1", "balancing absent", CANCEL, "has no NUMA balancing"),
        ("preflight.txt", "cpus 4-7", "cpus 7-4", ERROR, "preflight of the guest"),
        ("settings.txt", "is 100\n", "is 1000\n", ERROR, "setting scan_delay_ms of the guest"),
        ("settings.txt", "scan_delay_ms ", "scan_delay ", ERROR, "got nothing, expected 100"),
        ("settings.txt", r"\Z", "thp", ERROR, "settings of the guest: got "),
        (
            "settings.txt",
            r"\Z",
            "x /y was 1 is 0\n",
            ERROR,
            "settings of the guest: got x, expected",
        ),
        ("settings_after.txt", r"(?s)(.*)", r"\1x /y was 1 is 0\n", ERROR, "x put back, which was"),
        ("dmesg.txt", "pin-guest: test 1", "pin-guest: test 2", ERROR, "the kernel's log: got "),
        ("console.txt", "pin-guest: test 1", "", ERROR, "'no test' in console.txt"),
        ("dmesg.txt", r"(?s)\n[^\n]* pin-guest: test.*", "", ERROR, "'no test' in dmesg.txt"),
        ("samples.jsonl", '"cpu":0', '"cpu":1', ERROR, "cpu 1, not 0"),
        (
            "samples.jsonl",
            '"scratch_pages":128',
            '"scratch_pages":0',
            ERROR,
            "scratch_pages 0, not",
        ),
        ("console.txt", r"\Z", "BUG: Bad page state\n", FAIL, r"Bad page state \(see console.txt"),
        ("params.json", '"expect": "stay"', '"expect": "move"', FAIL, "pinned pages moved"),
        ("params.json", '"stay"', '"not_applicable", "expect_why": "so"', CANCEL, "so"),
    ],
)
def test_what_else_is_judged(
    folder_of: FolderOf, file: str, old: str, new: str, status: str, text: str
) -> None:
    folder = folder_of("thp")
    if "expect_why" in new:
        alter(folder / file, r' *"expect_why": "",\n', "")
    alter(folder / file, old, new)
    assert re.match(f"{status} 1-thp: .*{text}", words(folder)), words(folder)


def test_what_is_expected_is_that_of_the_guests_own_release(folder_of: FolderOf) -> None:
    folder = folder_of("move_pages")
    alter(folder / "preflight.txt", "release 6.1.0", "release 5.10.0")
    alter(folder / "params.json", '"kernel_release": "6.1.0', '"kernel_release": "5.10.0')
    assert 'rule "kernel\'s answer for the subject": was held' in words(folder)
    assert status(folder) == FAIL


@pytest.mark.parametrize("name", ["move_pages", "unpinned", "driver"])
def test_a_guest_of_another_kernel_than_the_one_asked_for_does_not_pass(
    folder_of: FolderOf, name: str
) -> None:
    folder = folder_of(name)
    alter(folder / "preflight.txt", "release 6.1.0-56", "release 6.1.0-57")
    assert status(folder) == ERROR
    assert "guest: got 6.1.0-57-cloud-amd64, expected 6.1.0-56-cloud-amd64 (see" in words(folder)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("hold_s", "0.1", "parameter hold_s: was 0.5, is 0.1"),
        ("moved_min_percent", "1", "parameter moved_min_percent: was 100.0, is 1.0"),
        ("move_deadline_s", "9", "parameter move_deadline_s: was 180.0, is 9.0"),
    ],
)
def test_a_parameter_that_is_otherwise_than_in_the_verdict_is_told(
    folder_of: FolderOf, name: str, value: str, told: str
) -> None:
    folder = folder_of("thp")
    alter(folder / "params.json", rf'("{name}"): ".*"', rf'\1: "{value}"')
    assert f"    {told}\n" in words(folder) + "\n"


@pytest.mark.parametrize(
    "line", ['{"when": "once"}', '{"when": null, "error": "GuestLost", "text": ""}', "7"]
)
def test_an_error_that_is_none_does_not_pass(folder_of: FolderOf, line: str) -> None:
    folder = folder_of("thp")
    (folder / "errors.jsonl").write_text(f"{line}\n")
    assert status(folder) == ERROR
    assert "artifact errors.jsonl: got " in words(folder)


def test_an_error_that_a_test_met_afterwards_takes_its_pass(folder_of: FolderOf) -> None:
    folder = folder_of("thp")
    met = {"when": "afterwards", "error": "GuestLost", "text": "guest: gone"}
    (folder / "errors.jsonl").write_text(json.dumps(met) + "\n")
    assert words(folder).startswith("ERROR 1-thp: guest: gone\n")


def test_an_error_that_a_test_met_afterwards_leaves_any_other_verdict(folder_of: FolderOf) -> None:
    folder = folder_of("no_pin")
    first = words(folder).splitlines()[0]
    met = {"when": "afterwards", "error": "GuestLost", "text": "guest: gone"}
    (folder / "errors.jsonl").write_text(json.dumps(met) + "\n")
    assert words(folder).splitlines()[0] == first
    assert first.startswith("FAIL 1-no_pin: 100 of 100 pinned pages were not there")


# incomplete


@pytest.mark.parametrize(("name", "file"), ARTIFACTS)
def test_a_file_that_is_missing_or_empty_is_named(
    folder_of: FolderOf, name: str, file: str
) -> None:
    path = folder_of(name) / file
    path.unlink()
    assert status(path.parent) in (None, ERROR)
    assert f"artifact {file}: got No such file or directory" in words(path.parent)
    assert pin_judge.exit_code(judged(path.parent)) == NOT_JUDGED
    path.write_bytes(b"")
    assert status(path.parent) != PASS
    assert file in words(path.parent)
    path.write_bytes(b"\xff\xfe")
    assert status(path.parent) != PASS
    assert file in words(path.parent)


def test_a_test_that_was_lost_is_no_pass_without_its_error(folder_of: FolderOf) -> None:
    folder = folder_of("panic")
    (folder / "errors.jsonl").unlink()
    assert "Kernel panic" in words(folder)
    assert status(folder) == FAIL


@pytest.mark.parametrize("name", STATUS)
@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        ("verdict.json", "{", "truncated"),
        ("verdict.json", "[]", "Expected `object`, got `array`"),
        ("verdict.json", '{"schema": 1}', "schema 1, of another version of avocado-pin"),
        ("verdict.json", '{"schema": 2}', "missing required field `"),
        ("params.json", "[]", "Expected `object`, got `array`"),
        ("params.json", '{"kernel_release": "6.1", "params": {"pages": 1}}', "Expected `str`"),
        ("params.json", '{"kernel_release": "6.1", "params": {}}', "numa_nodes: got no value"),
    ],
)
def test_what_is_none_of_ours_is_refused_by_name(
    folder_of: FolderOf, name: str, file: str, text: str, error: str
) -> None:
    folder = folder_of(name)
    (folder / file).write_text(text)
    assert words(folder).startswith(f"NOT JUDGED 1-{name}: ")
    assert error in words(folder)


@pytest.mark.parametrize("name", ["move_pages", "driver"])
def test_no_line_that_is_missing_ends_in_a_traceback(folder_of: FolderOf, name: str) -> None:
    folder = folder_of(name)
    for path in sorted(folder.iterdir()):
        whole = path.read_text()
        lines = whole.splitlines(keepends=True)
        # Most of vmstat's lines say nothing of pins.
        for number in range(len(lines)) if not path.name.startswith("vmstat") else ():
            path.write_text("".join(lines[:number]))
            cut = path.name.startswith(MAY_BE_SHORTER) and number
            assert status(folder) != PASS or cut, (path.name, number)
            path.write_text("".join(lines[:number] + lines[number + 1 :]))
            assert len(judged(folder)) == 1
        path.write_text(whole)
    assert status(folder) == PASS


# which tests, and the exit code


def test_a_job_is_its_tests_in_their_order(folder_of: FolderOf, tmp_path: Path) -> None:
    tests = tmp_path / "job" / "test-results"
    (tests / "by-status").mkdir(parents=True)
    for number, name in ((10, "thp"), (9, "driver"), (2, "one_node")):
        folder_of(name).rename(tests / f"{number}-{name}")
    for folder in (tmp_path / "job", tests):
        found = judged(folder)
        assert [again.folder.name for again in found] == ["2-one_node", "9-driver", "10-thp"]
        assert pin_judge.exit_code(found) == ALL_PASS


def test_a_test_that_had_no_guest_was_not_judged(tmp_path: Path) -> None:
    folder = tmp_path / "job" / "test-results" / "1-pin_smoke"
    folder.mkdir(parents=True)
    assert words(folder.parent.parent) == words(folder)
    assert words(folder).startswith("NOT JUDGED 1-pin_smoke: artifact verdict.json: got No such")


@pytest.mark.parametrize("name", ["", "not_there"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    assert "expected the folder of a job or of a test" in words(tmp_path / name)
    assert pin_judge.exit_code(judged(tmp_path / name)) == NOT_JUDGED


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["thp", "driver"], ALL_PASS),
        (["thp", "one_node"], ALL_PASS),
        (["one_node"], NOT_JUDGED),
        (["thp", "setting_undone"], NOT_JUDGED),
        (["thp", "no_pin", "setting_undone"], A_FAIL),
    ],
)
def test_the_exit_code(names: list[str], code: int) -> None:
    assert pin_judge.exit_code(judged(*(FOLDERS / name for name in names))) == code


def test_json_has_what_the_lines_have(folder_of: FolderOf) -> None:
    folder = folder_of("thp")
    alter(folder / "rmmod.txt", ".*", "exit 1: busy")
    (again,) = judged(folder)
    assert again.json()["otherwise"] == [
        {"what": "status", "was": "PASS", "now": "FAIL"},
        {
            "what": "rule 'driver unloads'",
            "was": "held (got unloaded, expected unloaded)",
            "now": "broken (got busy, expected unloaded)",
        },
    ]
    (folder / "rmmod.txt").unlink()
    (folder / "params.json").unlink()
    (again,) = judged(folder)
    assert (again.json()["status"], again.json()["rules"]) == (None, [])
