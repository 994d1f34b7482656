"""What the commands that make settings of the guest's kernel printed (trial/kernel_settings.py)."""

import re
from dataclasses import dataclass

from avocado_pin.base.errors import EvidenceUnreadable

# Of the settings that were made, and of those that were put back after the run.
MADE, PUT_BACK = "settings.txt", "settings_after.txt"
# In the former, of a kernel that has none of the files.
NO_FILE = "the kernel has no file of "
_LINE = re.compile(r"(\w+) \S+ was .* is .*")
# Files that take 0 or 1 and show words.
_TRUTH = {"true": "1", "false": "0"}


@dataclass(frozen=True)
class Setting:
    """A setting as the guest has it: its name, file, value before and value now."""

    name: str
    path: str
    before: str
    now: str


def parse(name: str, shown: str) -> Setting | None:
    """Return a setting that was made, or None if the kernel has none of its files."""
    match = re.search(rf"^{name} (\S+) was (.*) is (.*?)\s*$", shown, re.MULTILINE)
    return Setting(name, match[1], _chosen(match[2]), _chosen(match[3])) if match else None


def names(shown: str) -> list[str]:
    """Return the names of the settings that commands show, in order.

    :raises EvidenceUnreadable: a line is of none
    """
    found = [_LINE.fullmatch(line) for line in shown.splitlines()]
    if not all(found):
        raise EvidenceUnreadable(
            "settings of the guest",
            got=repr(shown[:200]),
            expected="lines 'NAME FILE was VALUE is VALUE'",
            look_at=f"{MADE} and {PUT_BACK}",
        )
    return [match[1] for match in found if match]


def _chosen(text: str) -> str:
    """The value of a file that shows all possible ones, "always [madvise] never", or just one."""
    match = re.search(r"\[(\S+)\]", text)
    value = match[1] if match else text.strip()
    return _TRUTH.get(value, value)
