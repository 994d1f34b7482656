"""The text of `numastat -p PID`. The only module that knows it.

It prints megabytes with two decimals, a column a node and one for the total, in as many blocks
of columns as its idea of the terminal's width needs.
"""

import re
from dataclasses import dataclass

from avocado_pin.base.errors import EvidenceUnreadable

# No node count that Linux knows makes numastat wrap at this width, a variable of its environment.
WIDTH = "NUMASTAT_WIDTH=20000"
COMMAND = "numastat -p {pid}"
MIB = 1 << 20
# Half of the last decimal.
ROUNDING_BYTES = 0.005 * MIB
# A sample's times are cut to hundredths (/proc/uptime).
UPTIME_STEP_S = 0.01
# Its rows.
PARTS, TOTAL = ("Huge", "Heap", "Stack", "Private"), "Total"

_COLUMNS = re.compile(r"Node (\d+)|Total")
_ROW = re.compile(r"^(?P<name>[A-Z]\w*)\s+(?P<values>\d+\.\d\d(\s+\d+\.\d\d)*)\s*$")


@dataclass(frozen=True)
class Numastat:
    """Memory of a process, MiB as printed.

    :param rows: name of the row (Huge, Heap, Stack, Private, Total) -> node -> MiB
    :param totals: name of the row -> MiB on all nodes
    """

    pid: int
    rows: dict[str, dict[int, float]]
    totals: dict[str, float]

    @property
    def nodes(self) -> set[int]:
        """The nodes it has a column for."""
        return set(self.rows[TOTAL])

    def node_bytes(self, node: int) -> float:
        """Bytes of the process on a node, give or take ROUNDING_BYTES."""
        return self.rows[TOTAL].get(node, 0.0) * MIB


def parse(text: str) -> Numastat:
    """Return what `numastat -p PID` printed, wrapped or not.

    :raises EvidenceUnreadable: a part of the table is missing
    """
    pid = re.search(r"for PID (\d+)", text)
    columns: list[int | None] = []
    rows: dict[str, dict[int, float]] = {}
    totals: dict[str, float] = {}
    for line in text.splitlines():
        row = _ROW.match(line)
        if row:
            values = [float(value) for value in row["values"].split()]
            if len(values) != len(columns):
                raise _unreadable(f"{len(values)} values under {len(columns)} columns: {line!r}")
            for column, value in zip(columns, values, strict=True):
                if column is None:
                    totals[row["name"]] = value
                else:
                    rows.setdefault(row["name"], {})[column] = value
        elif _COLUMNS.match(line.strip()) and "." not in line:
            columns = [int(m[1]) if m[1] else None for m in _COLUMNS.finditer(line)]
    whole = rows.keys() == totals.keys() == {*PARTS, TOTAL}
    if not pid or text.count(" for PID ") > 1 or not whole:
        raise _unreadable(repr(text.strip()[-200:]))
    for node, total in rows[TOTAL].items():
        parts = [rows[name][node] for name in PARTS]
        # Each is rounded by itself.
        if abs(sum(parts) - total) * MIB > (len(parts) + 2) * ROUNDING_BYTES:
            raise _unreadable(f"{total} in all on node {node}, in parts {parts}")
    return Numastat(int(pid[1]), rows, totals)


def _unreadable(got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "output of numastat",
        got=got,
        expected="a table with a column for each node and one for the total, a row for each part",
        look_at="numastat.log",
    )
