"""The text of /proc/PID/numa_maps. The only module that knows it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from avocado_pin.base.errors import EvidenceUnreadable

_LINE = re.compile(r"([0-9a-f]+) \S.*")


@dataclass(frozen=True)
class Mapping:
    """A mapping of a process: where it starts, the size of its pages, and node -> pages."""

    start: int
    page_bytes: int
    nodes: dict[int, int]

    @property
    def node_bytes(self) -> dict[int, int]:
        """Node -> bytes."""
        return {node: pages * self.page_bytes for node, pages in self.nodes.items()}


def parse(numa_maps: str) -> list[Mapping]:
    """Return a process's mappings by its numa_maps.

    Format: Documentation/filesystems/proc.rst; the kernel lists them by address, the stack among
    the last, and counts the pages of each by node and by kind.

    :raises EvidenceUnreadable: it is not that file, or not all of it
    """
    lines = numa_maps.splitlines()
    found = [_mapping(line) for line in lines]
    if not any(" stack" in line for line in lines):
        raise _unreadable("no stack among the mappings")
    for before, after in pairwise(found):
        if after.start <= before.start:
            raise _unreadable(f"{after.start:x} after {before.start:x}")
    return found


def mapped_bytes(mappings: Iterable[Mapping], without: Collection[int]) -> dict[int, int]:
    """Return a process's memory on each node, in bytes.

    :param without: start addresses of mappings that don't count
    """
    found: Counter[int] = Counter()
    for mapping in mappings:
        if mapping.start not in without:
            found.update(mapping.node_bytes)
    return dict(found)


def _mapping(line: str) -> Mapping:
    start = _LINE.fullmatch(line)
    counts = {name: int(count) for name, count in re.findall(r" (\w+)=(\d+)(?= |$)", line)}
    nodes = {int(node): int(pages) for node, pages in re.findall(r" N(\d+)=(\d+)\b", line)}
    pages = sum(nodes.values())
    # It says how many are mapped only if all are not anonymous, and all are not dirty.
    most = max(counts.get(name, 0) for name in ("mapped", "anon", "dirty"))
    # The size is the last that it says, of a mapping that has pages.
    whole = pages == most and bool(counts) == ("kernelpagesize_kB" in counts)
    if not start or not whole:
        raise _unreadable(repr(line[:100]))
    return Mapping(int(start[1], 16), counts.get("kernelpagesize_kB", 0) * 1024, nodes)


def _unreadable(got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "/proc/PID/numa_maps",
        got=got,
        expected="all mappings, one a line, by address, and as many pages by node as by kind",
        look_at="the numa_maps files of the test",
    )
