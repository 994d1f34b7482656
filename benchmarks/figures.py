"""A figure, what it is measured against, and the table of all of them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

HEADINGS = ("target", "measured", "figure", "at most", "ratio", "", "note")


@dataclass(frozen=True)
class Figure:
    """What was measured, beside what it may be at most.

    :param target: the number of the target it belongs to
    :param value: None if it could not be measured; the note says why
    :param limit: what it may be at most, in the same unit; None if it is only told
    """

    target: int
    what: str
    value: float | None
    unit: str
    limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value by the limit: 1 and less is on target."""
        if self.value is None or not self.limit:
            return None
        return self.value / self.limit

    def cells(self) -> list[str]:
        """Return the columns of its row."""
        verdict = {None: "", True: "met", False: "missed"}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        figures = [_number(self.value, self.unit), _number(self.limit, self.unit, "")]
        return [str(self.target), self.what, *figures, ratio, verdict, self.note]

    @property
    def met(self) -> bool | None:
        """Whether it is on target; None if there is none or nothing was measured."""
        return None if self.ratio is None else self.ratio <= 1

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


@dataclass(frozen=True)
class Measured:
    """All of one benchmark: its figures, and what they were made from."""

    figures: list[Figure]
    details: dict[str, Any] = field(default_factory=dict)


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a table."""
    rows = [list(HEADINGS), *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = []
    for row in rows:
        aligned = [
            text.rjust(width) if column in (2, 3, 4) else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def _number(value: float | None, unit: str, missing: str = "none") -> str:
    return missing if value is None else f"{value:.4g} {unit}".strip()
