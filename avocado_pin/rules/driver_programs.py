"""The verdict on the programs that test the driver's interface."""

import re

from avocado_pin.evidence.records import Program, Programs
from avocado_pin.rules.kernel_afterwards import driver_unloads, kernel_log, no_leak
from avocado_pin.rules.verdict import ERROR, FAIL, Rule, Verdict, verdict

# Exit status of a kselftest that could not test (tools/testing/selftests/kselftest.h).
KSFT_SKIP = 4


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
    # TAP's comments are no output: what is cut off after them would be a program without TAP.
    lines = [line for line in program.output.splitlines() if re.match(r"\s*[^\s#]", line)]
    checks = [line for line in lines if re.match(r"(not )?ok \d", line)]
    failed = [line for line in checks if line.startswith("not ok")]
    plans = [line for line in lines if re.fullmatch(r"1\.\.\d+", line)]
    whole = plans == [f"1..{len(checks)}"] if checks or plans else bool(lines)
    plan = ", ".join(plans) or "none"
    said = failed[0] if failed else (lines or ["nothing"])[-1]
    if program.status == 0 and not failed:
        said = f"{len(checks)} checks and the plan {plan}" if checks or plans else "no output"
    return Rule(
        name=program.name,
        got=f"exit {program.status}, {len(failed)} of {len(checks)} checks not ok, plan {plan}",
        expected="exit 0, some output, and if it is TAP, as many checks as planned, all ok",
        passed=program.status == 0 and not failed and whole,
        broken_means=ERROR if program.status == KSFT_SKIP and not failed else FAIL,
        text=f"{program.name} ended with {program.status}: {said} (see {program.name}.tap)",
    )
