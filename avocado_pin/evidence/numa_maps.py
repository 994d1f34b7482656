"""The text of /proc/PID/numa_maps. The only module that knows it."""

import re
from collections.abc import Collection

from avocado_pin.base.errors import EvidenceUnreadable


def mapped_bytes(numa_maps: str, without: Collection[int]) -> dict[int, int]:
    """Return a process's memory on each node, in bytes, by its numa_maps.

    Format: Documentation/filesystems/proc.rst.

    :param without: start addresses of mappings that don't count
    :raises EvidenceUnreadable: it is not that file
    """
    found: dict[int, int] = {}
    for line in numa_maps.splitlines():
        kib = re.search(r"\bkernelpagesize_kB=(\d+)", line)
        if not kib:
            continue
        start = line.split()[0]
        if not re.fullmatch("[0-9a-f]+", start):
            raise EvidenceUnreadable(
                "/proc/PID/numa_maps",
                got=repr(line[:100]),
                expected="a mapping a line, its start first",
                look_at="the numa_maps files of the test",
            )
        if int(start, 16) in without:
            continue
        for node, pages in re.findall(r"\bN(\d+)=(\d+)", line):
            found[int(node)] = found.get(int(node), 0) + int(pages) * int(kib[1]) * 1024
    return found
