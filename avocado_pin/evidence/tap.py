"""What a program printed as TAP, read by Avocado's parser."""

import io
import re
from dataclasses import dataclass

from avocado.core.tapparser import TapParser, TestResult

_INDENTED = re.compile(r"\s+(not ok|ok|\d+\.\.\d+)\b")


@dataclass(frozen=True)
class Tap:
    """The checks that a program printed.

    :param checks: how many
    :param failed: the line of each that is neither ok nor skipped; one that is TODO is neither
    :param skipped: how many were skipped
    :param plan: how many it says that there are; None if it does not say
    :param errors: what is no TAP, or says that it gave up
    """

    checks: int
    failed: list[str]
    skipped: int
    plan: int | None
    errors: list[str]


def parse(text: str) -> Tap:
    """Return what a program printed; whatever that is, there is no other error."""
    events, errors = [], []
    try:
        for event in TapParser(io.StringIO(text)).parse():
            events.append(event)
    except (RecursionError, ValueError) as error:
        # Checks within checks within checks, or a number of thousands of digits.
        errors.append(f"{type(error).__name__}: {error}")
    checks = [event for event in events if isinstance(event, TapParser.Test)]
    plans = [event.count for event in events if isinstance(event, TapParser.Plan)]
    errors += [event.message for event in events if isinstance(event, TapParser.Error)]
    # Checks within a check have a plan of their own, which is not the program's.
    errors += [f"indented: {line.strip()}" for line in text.splitlines() if _INDENTED.match(line)]
    errors += [f"Bail out! {e.message}" for e in events if isinstance(e, TapParser.Bailout)]
    return Tap(
        checks=len(checks),
        failed=[_line(check) for check in checks if check.result not in _HOLDS],
        skipped=sum(check.result == TestResult.SKIP for check in checks),
        plan=plans[0] if plans else None,
        errors=errors,
    )


_HOLDS = (TestResult.PASS, TestResult.SKIP)


def _line(check: TapParser.Test) -> str:
    todo = check.result in (TestResult.XPASS, TestResult.XFAIL)
    word = "ok" if check.result == TestResult.XPASS else "not ok"
    return f"{word} {check.number} {check.name}{' # TODO' * todo}"
