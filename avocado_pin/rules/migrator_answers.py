"""Rules of what the kernel answers to a forced migrator."""

from collections.abc import Iterator
from errno import errorcode

from avocado_pin.evidence.records import CONTROL, SUBJECT, Answer, Evidence
from avocado_pin.rules.rule import ERROR, FAIL, Rule
from avocado_pin.variant.expectation_parser import Expected
from avocado_pin.variant.expectation_words import (
    ANSWER_NOT_MOVED,
    ANSWER_ONE_LESS,
    ANSWER_OTHERS,
    ANSWER_TARGET,
)
from avocado_pin.variant.variant import Variant

# A migrator that is asked for a whole process or system answers once for all regions.
ALL = "all"
# Pages of a process that no region has and that can't be moved, as the vDSO's: four were seen on
# 7.3. That the regions' own have moved is for the rules of pages.
OTHERS_MAX = 16
# What move_pages() wrote for no page.
UNSET = "unset"


def answers(variant: Variant, expected: Expected, evidence: Evidence) -> Iterator[Rule]:
    """The kernel must answer that pages moved if they had to, and that they could not if not."""
    first = [answer for answer in evidence.answers if answer.round == 1]
    later = [answer for answer in evidence.answers if answer.round > 1]
    refusal = expected.subject.errno or expected.control.errno
    if refusal:
        for region in _asked(first, [SUBJECT, CONTROL]):
            given = [answer for answer in first if answer.region == region]
            yield _rule(f"migrator is refused for {region}", given, (refusal,), variant, evidence)
        return
    of_all = [answer for answer in first if answer.region == ALL]
    subject = variant.answer_stayed if expected.stays else variant.answer_moved
    if of_all:
        yield _rule("kernel's answer for all pages", of_all, subject, variant, evidence)
    else:
        own = [answer for answer in first if answer.region == SUBJECT]
        control = [answer for answer in first if answer.region == CONTROL]
        yield _rule("kernel's answer for the subject", own, subject, variant, evidence)
        yield _rule(
            "kernel's answer for the control", control, variant.answer_moved, variant, evidence
        )
        region = variant.pinning.third
        if region:
            third = [answer for answer in first if answer.region == region]
            name = f"kernel's answer for the {region} pages"
            yield _rule(name, third, variant.answer_moved, variant, evidence)
    if variant.pinning.unpins:
        again = [answer for answer in later if answer.region in (SUBJECT, ALL)]
        yield _rule("kernel's answer once unpinned", again, variant.answer_moved, variant, evidence)


def _asked(given: list[Answer], regions: list[str]) -> list[str]:
    """Return the regions that must have an answer: those, or all at once."""
    return [ALL] if any(answer.region == ALL for answer in given) else regions


def _rule(
    name: str,
    given: list[Answer],
    allowed: tuple[str, ...],
    variant: Variant,
    evidence: Evidence,
) -> Rule:
    got = "; ".join(map(_words, given)) or "none"
    expected = " or ".join(allowed)
    vague = set(variant.answer_inconclusive)
    unsaid = any(_names(answer) & vague for answer in given)
    unsaid = unsaid and all(_names(answer) <= vague | set(allowed) for answer in given)
    units = evidence.start.pages // variant.page_unit
    nodes = str(variant.home_node), str(evidence.start.target_node)
    return Rule(
        name=name,
        got=got,
        expected=expected,
        passed=bool(given) and all(_is_one_of(answer, allowed, units, *nodes) for answer in given),
        broken_means=ERROR if unsaid else FAIL,
        text=f"{'inconclusive, ' if unsaid else ''}{name}: got {got}, expected {expected} "
        "(see samples.jsonl)",
    )


def _is_one_of(
    answer: Answer, allowed: tuple[str, ...], units: int, home: str, target: str
) -> bool:
    """Whether an answer is allowed.

    :param units: pages, or huge pages, that a region has: kernels count either
    :param home: the node the pages are on, and target: the one they are asked to go to
    """
    if ANSWER_NOT_MOVED in allowed and answer.not_moved is not None:
        return answer.not_moved >= units and _names_no_other_node(answer, home)
    if ANSWER_ONE_LESS in allowed and answer.not_moved is not None:
        return answer.not_moved == units - 1 and _names_no_other_node(answer, home)
    if ANSWER_OTHERS in allowed and answer.not_moved is not None:
        return answer.not_moved <= OTHERS_MAX and _names(answer) == {"0"}
    if ANSWER_TARGET in allowed:
        moved = answer.answers == {target: units} and not answer.errno
        return moved and answer.not_moved in (0, None)
    if allowed == ("0",) and answer.not_moved:
        return False
    names = _names(answer)
    return bool(names) and names <= set(allowed)


def _names_no_other_node(answer: Answer, home: str) -> bool:
    """Whether a count of pages that were not moved is all that the call and the statuses say."""
    nodes = {key for key in answer.answers if key.isdigit()}
    return not answer.errno and nodes <= {home if answer.unit == "page" else "0"}


def _names(answer: Answer) -> set[str]:
    """What the kernel answered, by the errnos' names."""
    names = {_name(key) for key in answer.answers if key != UNSET}
    if answer.errno:
        names.add(_name(str(-answer.errno)))
    return names


def _words(answer: Answer) -> str:
    parts = [f"{_name(key)} for {count} {answer.unit}s" for key, count in answer.answers.items()]
    if answer.errno and str(-answer.errno) not in answer.answers:
        parts.append(_name(str(-answer.errno)))
    if answer.not_moved is not None:
        parts.append(f"{answer.not_moved} pages not moved")
    return ", ".join(parts) or "nothing"


def _name(key: str) -> str:
    """The errno's name of a negative number; any other key as it is."""
    return errorcode.get(-int(key), key) if key.startswith("-") else key
