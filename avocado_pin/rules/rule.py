"""A rule applied, and the verdict that rules make."""

from dataclasses import dataclass, replace

PASS, FAIL, ERROR, CANCEL = "PASS", "FAIL", "ERROR", "CANCEL"


@dataclass(frozen=True)
class Rule:
    """One rule applied.

    :param broken_means: the test's status if the rule is broken
    :param text: the sentence that says how it is broken, if it is
    """

    name: str
    got: str
    expected: str
    passed: bool
    broken_means: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """PASS, FAIL, ERROR or CANCEL, the sentence that says why, and every rule that was applied."""

    status: str
    text: str
    rules: list[Rule]


def verdict(applied: list[Rule], success: str) -> Verdict:
    """Return the verdict of rules, the weightiest first: the first broken one decides.

    :param success: the sentence if none is broken
    """
    rules = [replace(rule, text="") if rule.passed else rule for rule in applied]
    broken = [rule for rule in rules if not rule.passed]
    if not broken:
        return Verdict(PASS, success, rules)
    text = broken[0].text
    if broken[1:]:
        text += f"; also broken: {', '.join(rule.name for rule in broken[1:])}"
    return Verdict(broken[0].broken_means, text, rules)


def also(judged: Verdict, rule: Rule) -> Verdict:
    """Return a verdict with one more rule, the lightest."""
    return verdict([*judged.rules, rule], judged.text)
