"""The text of /proc/PID/numa_maps. The only module that knows it."""

import re
from collections.abc import Collection


def mapped_bytes(numa_maps: str, without: Collection[int]) -> dict[int, int]:
    """Return a process's memory on each node, in bytes, by its numa_maps.

    Format: Documentation/filesystems/proc.rst.

    :param without: start addresses of mappings that don't count
    """
    found: dict[int, int] = {}
    for line in numa_maps.splitlines():
        kib = re.search(r"\bkernelpagesize_kB=(\d+)", line)
        if not kib or int(line.split()[0], 16) in without:
            continue
        for node, pages in re.findall(r"\bN(\d+)=(\d+)", line):
            found[int(node)] = found.get(int(node), 0) + int(pages) * int(kib[1]) * 1024
    return found
