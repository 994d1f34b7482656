"""What the unit tests share: files captured from real guests (selftests/data/README.md)."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from avocado_pin.base.artifacts import DMESG
from avocado_pin.evidence import exits, from_artifacts
from avocado_pin.evidence.from_artifacts import RMMOD
from avocado_pin.evidence.records import Evidence
from avocado_pin.variant import read_and_check_params, refuse_unknown_names, resolve_reference
from avocado_pin.variant.variant import Variant

from .runs import PASSED, PINNED, UNPINNED

DATA = Path(__file__).resolve().parent.parent / "data"


def read(name: str) -> str:
    return (DATA / name).read_text()


@pytest.fixture
def captured() -> Callable[[str], str]:
    """Return the text of a file below selftests/data."""
    return read


@pytest.fixture
def evidence_of() -> Callable[[str], Evidence]:
    """Return the evidence of a run below selftests/data/runs, gathered as in a test."""
    return _evidence


@pytest.fixture
def variant_of() -> Callable[..., Variant]:
    """Return the variant of a cell of configs/, with "name=value" assignments."""
    return _variant


@cache
def _variant(reference: str, *assignments: str) -> Variant:
    (cell,) = resolve_reference.cells(reference, assignments=assignments)
    return read_and_check_params.from_params(cell)


@pytest.fixture
def passed() -> Callable[[str], tuple[Variant, Evidence]]:
    """Return the variant and the evidence of a captured run that passed."""
    return lambda run: (_variant(*PASSED[run]), _evidence(run))


@pytest.fixture
def pinned() -> Variant:
    """Return the variant of run pinned_100."""
    return _variant(PINNED)


@pytest.fixture
def unpinned() -> Variant:
    """Return the variant of run unpinned_100."""
    return _variant(UNPINNED)


@pytest.fixture
def good() -> Evidence:
    """Return the evidence of a run in which all pinned pages stayed."""
    return _evidence("pinned_100")


@pytest.fixture
def moved() -> Evidence:
    """Return the evidence of a run in which all unpinned pages moved."""
    return _evidence("unpinned_100")


def _evidence(run: str) -> Evidence:
    def of(name: str) -> str:
        # What is not kept of most runs said nothing.
        if name == RMMOD:
            return exits.line(0, "")
        return read("dmesg/quiet.txt" if name == DMESG else f"runs/{run}/{name}")

    return from_artifacts.of_run(
        of,
        forced='"event":"migrate"' in read(f"runs/{run}/samples.jsonl"),
        unpins=run.startswith("unpinned_after"),
    )


@pytest.fixture
def own_configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of configs/ that is read instead."""
    configs = tmp_path / "configs"
    shutil.copytree(resolve_reference.source("configs"), configs)
    for module in (resolve_reference, refuse_unknown_names):
        monkeypatch.setattr(module, "source", lambda name: tmp_path / name)
    _forget()
    yield configs
    _forget()


def with_line(path: Path, after: str, line: str) -> str:
    """Add a line to a file, and return the place of it as an error names it."""
    lines = path.read_text().splitlines()
    at = lines.index(after) + 1
    path.write_text("\n".join([*lines[:at], line, *lines[at:], ""]))
    return f"{path}:{at + 1}"


def _forget() -> None:
    resolve_reference.debian_suites.cache_clear()
    refuse_unknown_names.base_names.cache_clear()
    refuse_unknown_names.parameters.cache_clear()
