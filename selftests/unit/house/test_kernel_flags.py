"""docs/kernel-flags.md has each file of a guest's kernel that is read there, and each page flag."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from selftests import picture

# What runs in a guest: programs, scripts, and commands in the trial's modules.
RUN_IN_GUESTS = ("workload", "kmod/tests", "avocado_pin/trial", "avocado_pin/guest")
# Whole paths; in C also what follows a folder that has a name, as in MEMORY "/block_size_bytes".
PATH = {
    **dict.fromkeys((".py", ".sh"), re.compile(r"/(?:proc|sys)/[^\s\"'();,`]+")),
    **dict.fromkeys((".c", ".h"), re.compile(r'"(/[^"\s]+)')),
}
# Paths of the project's own, and of the host.
NOT_OF_THE_KERNEL = re.compile(r"/(dev|tmp)/|/pin_workload$|boot_id$|cpuinfo$|uuid$")


def _files() -> Iterator[str]:
    """Yield the name of each file in a folder of the kernel's, or the folder's."""
    for folder in RUN_IN_GUESTS:
        for file in (picture.ROOT / folder).rglob("*"):
            if pattern := PATH.get(file.suffix):
                for path in pattern.findall(file.read_text()):
                    if not NOT_OF_THE_KERNEL.search(path):
                        yield Path(path.rstrip(":._")).name


def _named(text: str) -> set[str]:
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.split(r"[/\s]", code)}


@pytest.fixture(name="text")
def fixture_text() -> str:
    return (picture.ROOT / "docs" / "kernel-flags.md").read_text()


def test_each_file_that_is_read_is_named(text: str) -> None:
    # Those whose name is made when they are read are named by the folder before them.
    found = {name for name in _files() if not re.search(r"[%*{]", name)}
    assert len(found) > 40
    heads = set(re.findall(r"^## .*", text, re.MULTILINE))
    said = _named(text) | {word for head in heads for word in re.split(r"[/\s:,()`]", head)}
    assert sorted(found - said) == []


def test_each_page_flag_that_is_read_is_named(text: str) -> None:
    source = (picture.ROOT / "workload" / "room" / "memory_block.c").read_text()
    flags = set(re.findall(r"\bKPF_(\w+)", source))
    assert len(flags) == 5
    assert [flag for flag in sorted(flags) if not re.search(rf"\bbit \d+, {flag}\b", text)] == []


def test_each_row_has_a_cell_for_each_column(text: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1, table.partition("\n")[0]
