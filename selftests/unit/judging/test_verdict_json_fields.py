"""The schema of verdict.json, of captured ones; each field altered is refused by name."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.judging import as_told
from avocado_pin.judging.verdict_json_fields import Told

from ..conftest import DATA

FOLDERS = sorted(path.name for path in (DATA / "folders").iterdir())
# What a test may not have come to, and what verdict.json has had since later.
OPTIONAL = {
    *("guest_boot", "guest_tests", "driver_version", "driver_abi", "page_size", "kernel_asked"),
    "newer_than_seen",
}
NULLABLE = {"driver_abi", "kernel_release"}

Path = tuple[str | int, ...]


def _written(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "folders" / folder / "verdict.json").read_text())
    return found


def _fields(value: dict[str, Any]) -> list[Path]:
    """Return the path of each field that the schema names."""
    top = [(name,) for name in value]
    rule = [("rules", 0, name) for name in value["rules"][0]] if value["rules"] else []
    environment = [("environment", name) for name in value["environment"]]
    expected = [("expected", *rest) for rest in (("subject",), ("control",), ("subject", "what"))]
    return [*top, *rule, *environment, *expected]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_captured_verdict_is_as_the_schema_says_and_no_more(folder: str) -> None:
    told = as_told.read(Artifacts(DATA / "folders" / folder))
    assert msgspec.to_builtins(told) == _written(folder)


def _altered(written: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """Yield a verdict with a field of each other type, and without it."""
    altered = deepcopy(written)
    place: Any = altered
    for step in path[:-1]:
        place = place[step]
    value = place[path[-1]]
    for other in ({"value": "x"}, ["x"], True, 0.5, None):
        if type(other) is not type(value) and not (other is None and path[-1] in NULLABLE):
            place[path[-1]] = other
            yield altered
    del place[path[-1]]
    if path[-1] not in OPTIONAL:
        yield altered


@pytest.mark.parametrize("folder", ["move_pages", "one_node"])
def test_a_field_that_is_missing_or_of_another_type_is_refused(folder: str) -> None:
    written = _written(folder)
    for path in _fields(written):
        for altered in _altered(written, path):
            with pytest.raises(msgspec.ValidationError):
                msgspec.json.decode(json.dumps(altered), type=Told)


def test_what_is_refused_is_named(tmp_path: Any) -> None:
    altered = {**_written("move_pages"), "status": "GOOD"}
    (tmp_path / "verdict.json").write_text(json.dumps(altered))
    with pytest.raises(EvidenceUnreadable, match=r"at `\$\.status`, expected schema 2"):
        as_told.read(Artifacts(tmp_path))
