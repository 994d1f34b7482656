"""The verdict on the programs that test the driver's interface."""

import re

from avocado_pin.evidence import tap
from avocado_pin.evidence.records import Program, Programs
from avocado_pin.evidence.tap import Tap
from avocado_pin.rules.nothing_left_behind import driver_unloads, kernel_log, no_leak
from avocado_pin.rules.rule import ERROR, FAIL, Rule, Verdict, verdict

# Exit status of a kselftest that could not test (tools/testing/selftests/kselftest.h).
KSFT_SKIP = 4
# The original's, which prints what it does, as it always did; all others print TAP.
_PLAIN = re.compile(r"seed_program(32)?")


def judge_programs(programs: Programs) -> Verdict:
    """Judge the programs that test the driver's interface."""
    names = ", ".join(program.name for program in programs.ended)
    applied = [
        kernel_log(programs.trouble),
        no_leak(programs.pins_before, programs.pins_after),
        *map(_program, programs.ended),
        driver_unloads(programs.rmmod_error),
    ]
    return verdict(applied, f"every check of {names} holds")


def _program(program: Program) -> Rule:
    plain = bool(_PLAIN.fullmatch(program.name))
    lines = [line for line in program.output.splitlines() if line.strip()]
    found = tap.parse(program.output)
    problem = _problem(found, lines, plain)
    said = problem if program.status == 0 or found.failed else (lines or ["nothing"])[-1]
    plan = "none" if found.plan is None else f"1..{found.plan}"
    checks = f"{len(found.failed)} of {found.checks} checks not ok, {found.skipped} skipped"
    return Rule(
        name=program.name,
        got=f"exit {program.status}, {checks}, plan {plan}",
        expected="exit 0, some output"
        if plain
        else "exit 0, TAP: as many checks as planned, all ok or skipped, one ok at least",
        passed=program.status == 0 and not problem,
        broken_means=ERROR if _could_not_test(program, found) else FAIL,
        text=f"{program.name} ended with {program.status}: {said} (see {program.name}.tap)",
    )


def _problem(found: Tap, lines: list[str], plain: bool) -> str:
    """Return why an output does not show that all is well; nothing if it does."""
    if found.failed or found.errors:
        return (found.failed or found.errors)[0]
    if not lines:
        return "no output"
    if plain:
        return ""
    if found.plan is None:
        return f"{found.checks} checks without a plan"
    if found.skipped == found.checks:
        return f"all of {found.checks} checks skipped"
    return ""


def _could_not_test(program: Program, found: Tap) -> bool:
    """Whether a program says so, by its exit or by skipping all that it planned."""
    nothing = found.plan is not None and found.skipped == found.checks and not found.errors
    return not found.failed and (program.status == KSFT_SKIP or (program.status == 0 and nothing))
