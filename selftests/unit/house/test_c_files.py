"""The workload's files use each other one way."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from avocado_pin.base import paths

INCLUDE = re.compile(r'^#include "(.+)\.h"', re.MULTILINE)


def _uses(folder: Path) -> dict[str, set[str]]:
    """Return what each file uses of the folder's others; a .c and its .h are one."""
    found: dict[str, set[str]] = {}
    for file in (*folder.rglob("*.c"), *folder.rglob("*.h")):
        name = str(file.relative_to(folder).with_suffix(""))
        found.setdefault(name, set()).update(set(INCLUDE.findall(file.read_text())) - {name})
    return found


def test_no_file_of_the_workload_uses_itself_by_way_of_others() -> None:
    uses = _uses(paths.source("workload"))
    assert "text_file" in uses["cgroup"]
    TopologicalSorter(uses).prepare()


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.c").write_text('#include "a.h"\n#include "deep/b.h"\n')
    (tmp_path / "deep" / "b.h").write_text('#include "a.h"\n')
    with pytest.raises(CycleError):
        TopologicalSorter(_uses(tmp_path)).prepare()
