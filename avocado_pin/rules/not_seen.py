"""Kernels newer than any that was seen: what a broken rule means there (docs/kernels.md)."""

from dataclasses import replace

from avocado_pin.rules.rule import ERROR, Rule

REFUSED, COUNTED = "pin is refused", "kernel counts the pins"
# How the names of the rules begin that ask a kernel for what others were seen to do. The rest asks
# for what a pin is, of any kernel: that pinned pages stay, that nothing is leaked or warned of.
AS_WAS_SEEN: tuple[str, ...] = (
    "control pages stay",
    "kernel's answer",
    "migrator is refused",
    "minor faults of the pin",
    "mlocked pages",
    REFUSED,
    "pin is taken",
    "pin keeps",
    "pin leaves",
    "unpinned pages",
)


def unknown(applied: list[Rule]) -> list[Rule]:
    """Return rules as they are for a kernel that nobody has seen.

    Those that rest on what was seen of others are the lightest, so that they hide no fault. Broken
    they are no fault, but something that is not known.
    """
    names = AS_WAS_SEEN
    if any(rule.name == REFUSED and not rule.passed for rule in applied):
        # One that is taken is counted.
        names = (*names, COUNTED)
    seen = [rule for rule in applied if not rule.name.startswith(names)]
    guessed = [rule for rule in applied if rule.name.startswith(names)]
    return seen + [
        replace(rule, broken_means=ERROR, text=f"unknown, {rule.text}") for rule in guessed
    ]
