"""`avocado pin-judge` on the folders of a job that has just ended: the same verdicts, no guest."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..conftest import AVOCADO, Job


def pin_judge(*words: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [AVOCADO, "pin-judge", *words], cwd="/", check=False, capture_output=True, text=True
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def as_json(folder: Path) -> list[dict[str, Any]]:
    value: list[dict[str, Any]] = json.loads(pin_judge("--json", folder)[1])
    return value


def test_a_job_is_judged_as_it_was_until_a_file_is_altered(run_job: Callable[..., Job]) -> None:
    job = run_job("pin_smoke")
    assert [result.status for result in job.results] == ["PASS"] * 5
    tests = job.results[0].folder.parent
    assert pin_judge(tests.parent)[0] == 0
    found = as_json(tests.parent)
    assert [(again["status"], again["otherwise"]) for again in found] == [("PASS", [])] * 5
    rules = {Path(again["folder"]): again["rules"] for again in found}
    for result in job.results:
        assert rules[result.folder] == result.verdict["rules"]

    pinned, unpinned = job.results[0].folder, job.results[2].folder
    _alter(pinned / "samples.jsonl", r'"ever_changed":0', '"ever_changed":1')
    # The columns of both nodes swapped: each row and the total still are what they were.
    _alter(unpinned / "numastat.log", r"(\d+\.\d\d)( +)(\d+\.\d\d)( +\d+\.\d\d\n)", r"\3\2\1\4")
    code, shown = pin_judge(tests.parent)
    assert code == 1
    assert re.search(r"^FAIL 1-.*pinned pages moved", shown, re.M)
    assert "rule 'pinned pages stay': was held (got 0 of 100 changed" in shown
    assert re.search(r"^ERROR 3-.*contradicting evidence", shown, re.M)
    assert len(re.findall("^PASS ", shown, re.M)) == 3

    (unpinned / "dmesg.txt").unlink()
    code, shown = pin_judge(unpinned)
    assert code == 2
    assert "artifact dmesg.txt: got No such file" in shown


def _alter(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert re.search(old, text)
    path.write_text(re.sub(old, new, text))
