"""The work of `avocado pin-judge`: tests that have ended are judged again by their files."""

import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from avocado_pin.base.artifacts import PARAMS, VERDICT, Artifacts
from avocado_pin.base.errors import BadConfiguration, PinError
from avocado_pin.judging import as_told, test_folder
from avocado_pin.judging.as_told import Otherwise
from avocado_pin.rules.judge import CANCEL, FAIL, PASS, Verdict

# Where a job keeps its tests' folders, each named after the test and its number.
TESTS = "test-results"
_TEST_FOLDER = re.compile(r"(\d+)-")
# Exit codes.
ALL_PASS, A_FAIL, NOT_JUDGED = 0, 1, 2


@dataclass(frozen=True)
class Again:
    """A test that was judged again.

    :param folder: its folder
    :param verdict: today's; None if it can't be judged
    :param otherwise: what that says otherwise than verdict.json
    :param error: why it can't be judged
    """

    folder: Path
    verdict: Verdict | None
    otherwise: list[Otherwise]
    error: str

    def lines(self) -> Iterator[str]:
        """Yield the lines that say it."""
        if not self.verdict:
            yield f"NOT JUDGED {self.folder.name}: {self.error}"
            return
        yield f"{self.verdict.status} {self.folder.name}: {self.verdict.text}"
        for one in self.otherwise:
            yield f"    {one}"

    def json(self) -> dict[str, Any]:
        """Return it in JSON's words."""
        return {
            "folder": str(self.folder),
            "status": self.verdict.status if self.verdict else None,
            "text": self.verdict.text if self.verdict else self.error,
            "rules": [asdict(rule) for rule in self.verdict.rules] if self.verdict else [],
            "otherwise": [asdict(one) for one in self.otherwise],
        }


def judge_again(folders: Iterable[Path]) -> Iterator[Again]:
    """Judge each test of some folders.

    :param folders: of tests, or of jobs
    """
    for folder in folders:
        try:
            tests = _tests(folder)
        except PinError as error:
            yield Again(folder, None, [], str(error))
            continue
        yield from map(_again, tests)


def exit_code(found: Iterable[Again]) -> int:
    """Return 0 if all that could say something is PASS, 1 with a FAIL, else 2.

    As for Avocado, a CANCEL is neither good nor bad, and a job of nothing else was not judged.
    """
    statuses = {again.verdict.status if again.verdict else "" for again in found}
    if FAIL in statuses:
        return A_FAIL
    return ALL_PASS if PASS in statuses <= {PASS, CANCEL} else NOT_JUDGED


def _again(folder: Path) -> Again:
    artifacts = Artifacts(folder)
    try:
        told = as_told.read(artifacts)
        now = test_folder.judged(artifacts)
    except PinError as error:
        return Again(folder, None, [], str(error))
    except Exception as error:
        # A file that somebody altered, say: it must not keep other folders from being judged.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        return Again(folder, None, [], f"{type(error).__name__}: {error} (in {where})")
    return Again(folder, now.verdict, list(as_told.otherwise(told, now)), "")


def _tests(folder: Path) -> list[Path]:
    """Return the folders of the tests in a folder of a job, or of its tests, or of a test.

    :raises BadConfiguration: there is none
    """
    if any((folder / name).exists() for name in (VERDICT, PARAMS)):
        return [folder]
    within = folder / TESTS if (folder / TESTS).is_dir() else folder
    numbered = {}
    for path in within.iterdir() if within.is_dir() else ():
        match = _TEST_FOLDER.match(path.name)
        if match and path.is_dir():
            numbered[path] = int(match[1])
    # A test that had no guest has none of the files.
    if not numbered and not _TEST_FOLDER.match(folder.name):
        raise BadConfiguration(
            f"folder {folder}",
            got="no results of a test" if folder.is_dir() else "no folder",
            expected="the folder of a job or of a test",
            look_at="avocado pin-judge --help",
        )
    return sorted(numbered, key=lambda path: numbered[path]) or [folder]
