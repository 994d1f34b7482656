"""The verdict on the programs that test the driver's interface."""

from dataclasses import replace

import pytest

from avocado_pin.evidence import kernel_log
from avocado_pin.evidence.records import Program, Programs
from avocado_pin.rules.judge import ERROR, FAIL, PASS, judge_programs

from ..runs import Captured, broken, rule

IN_USE = "rmmod: ERROR: Module page_pin is in use"


@pytest.fixture
def programs(captured: Captured) -> Programs:
    """Return how programs ended in a run in which every check held."""
    ended = [
        Program(name, 0, captured(f"runs/abi/{name}.tap")) for name in ("abi_check", "seed_program")
    ]
    return Programs(ended, pins_before=0, pins_after=0, trouble=[], rmmod_error="")


def _ended(programs: Programs, status: int, output: str) -> Programs:
    """Return the programs with another end of the first."""
    first = Program("abi_check", status, output)
    return replace(programs, ended=[first, *programs.ended[1:]])


def test_programs_whose_checks_hold_pass(programs: Programs) -> None:
    verdict = judge_programs(programs)
    assert (verdict.status, broken(verdict)) == (PASS, [])
    assert verdict.text == "every check of abi_check, seed_program holds"


@pytest.mark.parametrize("status", [0, 1])
def test_a_check_that_does_not_hold_fails_whatever_the_exit(
    programs: Programs, status: int
) -> None:
    output = programs.ended[0].output.replace("\nok 230 - ", "\nnot ok 230 - ")
    verdict = judge_programs(_ended(programs, status, output))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == (
        f"abi_check ended with {status}: not ok 230 - no pin is held at the end (see abi_check.tap)"
    )
    assert rule(verdict, "abi_check").got == (f"exit {status}, 1 of 230 checks not ok, plan 1..230")


def test_programs_fail_a_driver_that_does_not_pin(programs: Programs, captured: Captured) -> None:
    verdict = judge_programs(_ended(programs, 1, captured("runs/abi_no_pin/abi_check.tap")))
    assert verdict.status == FAIL
    assert verdict.text == (
        "abi_check ended with 1: not ok 2 - two pins are held: got 0, expected 2 "
        "(see abi_check.tap)"
    )
    assert rule(verdict, "abi_check").got == "exit 1, 48 of 230 checks not ok, plan 1..230"


def test_a_program_that_was_killed_fails_with_its_last_words(programs: Programs) -> None:
    output = programs.ended[0].output.partition("ok 5 ")[0]
    verdict = judge_programs(_ended(programs, 137, output))
    assert verdict.status == FAIL
    assert verdict.text == ("abi_check ended with 137: ok 4 - pin them again (see abi_check.tap)")
    assert rule(verdict, "abi_check").got == "exit 137, 0 of 4 checks not ok, plan none"


@pytest.mark.parametrize("output", ["", "\n", " \n\t\n\n"])
@pytest.mark.parametrize(("status", "said"), [(0, "no output"), (139, "nothing")])
def test_a_program_that_says_nothing_fails_whatever_the_exit(
    programs: Programs, status: int, said: str, output: str
) -> None:
    verdict = judge_programs(_ended(programs, status, output))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == f"abi_check ended with {status}: {said} (see abi_check.tap)"
    assert rule(verdict, "abi_check").got == (f"exit {status}, 0 of 0 checks not ok, plan none")


def test_the_last_words_of_a_program_are_no_blank_line(programs: Programs) -> None:
    verdict = judge_programs(_ended(programs, 1, "open: No such device\n \n\n"))
    assert verdict.text == ("abi_check ended with 1: open: No such device (see abi_check.tap)")


@pytest.mark.parametrize(
    ("line", "instead", "checks", "plan"),
    [
        ("\n1..230\n", "\n", 230, "none"),
        ("\n1..230\n", "\n1..231\n", 230, "1..231"),
        ("\n1..230\n", "\n1..23\n", 230, "1..23"),
        ("\n1..230\n", "\n1..2300\n", 230, "1..2300"),
        ("\n1..230\n", "\n1..230\n1..230\n", 230, "1..230, 1..230"),
        ("\n1..230\n", "\n1..231\n1..230\n", 230, "1..231, 1..230"),
        ("\n1..230\n", "\n1..230\n1..231\n", 230, "1..230, 1..231"),
        ("\nok 72 - max_pages = 4\n", "\n", 229, "1..230"),
    ],
)
def test_a_plan_that_is_not_the_number_of_checks_fails(
    programs: Programs, line: str, instead: str, checks: int, plan: str
) -> None:
    output = programs.ended[0].output
    assert line in output
    verdict = judge_programs(_ended(programs, 0, output.replace(line, instead)))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert rule(verdict, "abi_check").got == (f"exit 0, 0 of {checks} checks not ok, plan {plan}")
    assert verdict.text == (
        f"abi_check ended with 0: {checks} checks and the plan {plan} (see abi_check.tap)"
    )


@pytest.mark.parametrize("plan", ["1..1", "1..230"])
def test_a_plan_without_checks_fails(programs: Programs, plan: str) -> None:
    verdict = judge_programs(_ended(programs, 0, f"# pins held: 0\n{plan}\n"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == (
        f"abi_check ended with 0: 0 checks and the plan {plan} (see abi_check.tap)"
    )


def test_a_plan_may_come_first(programs: Programs) -> None:
    output = "1..230\n" + programs.ended[0].output.replace("\n1..230\n", "\n")
    assert judge_programs(_ended(programs, 0, output)).status == PASS


def test_blank_lines_between_the_checks_do_not_count(programs: Programs) -> None:
    output = programs.ended[0].output.replace("\n", "\n\n")
    assert judge_programs(_ended(programs, 0, output)).status == PASS


def test_a_program_that_prints_no_tap_needs_no_plan(programs: Programs) -> None:
    said = programs.ended[1].output
    assert "1.." not in said
    assert judge_programs(_ended(programs, 0, said)).status == PASS


def test_a_program_that_could_not_test_is_an_error(programs: Programs) -> None:
    # What kmod/tests/abi_check.c prints without the device, instead of the captured output.
    output = "1..0 # SKIP no /dev/page_pin\n"
    verdict = judge_programs(_ended(programs, 4, output))
    assert (verdict.status, broken(verdict)) == (ERROR, ["abi_check"])
    assert verdict.text == (
        "abi_check ended with 4: 1..0 # SKIP no /dev/page_pin (see abi_check.tap)"
    )


def test_a_check_that_does_not_hold_fails_a_program_that_then_could_not_test(
    programs: Programs,
) -> None:
    output = programs.ended[0].output.replace("\nok 230 - ", "\nnot ok 230 - ")
    verdict = judge_programs(_ended(programs, 4, output))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == (
        "abi_check ended with 4: not ok 230 - no pin is held at the end (see abi_check.tap)"
    )


@pytest.mark.parametrize("status", [1, 2, 3, 5, 127, 139])
def test_any_other_exit_fails_though_every_check_holds(programs: Programs, status: int) -> None:
    verdict = judge_programs(_ended(programs, status, programs.ended[0].output))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])


def test_a_leak_by_the_programs_outweighs_them(programs: Programs) -> None:
    verdict = judge_programs(replace(_ended(programs, 1, ""), pins_after=2))
    assert verdict.status == FAIL
    assert verdict.text.startswith("2 page pins leaked: ")
    assert verdict.text.endswith("; also broken: abi_check")


def test_a_driver_that_does_not_unload_fails_the_programs(programs: Programs) -> None:
    verdict = judge_programs(replace(programs, rmmod_error=IN_USE))
    assert (verdict.status, broken(verdict)) == (FAIL, ["driver unloads"])
    assert verdict.text == f"the driver can't be unloaded after everything is closed: {IN_USE}"


def test_a_program_that_fails_outweighs_a_driver_that_does_not_unload(programs: Programs) -> None:
    verdict = judge_programs(replace(_ended(programs, 1, ""), rmmod_error=IN_USE))
    assert verdict.text.startswith("abi_check ended with 1: ")
    assert verdict.text.endswith("; also broken: driver unloads")


def test_trouble_by_the_programs_outweighs_a_leak(programs: Programs, captured: Captured) -> None:
    trouble = kernel_log.trouble(captured("dmesg/bug.txt"))
    verdict = judge_programs(replace(programs, pins_after=2, trouble=trouble))
    assert verdict.status == FAIL
    assert "kernel BUG at provoke3.c:20!" in verdict.text
    assert verdict.text.endswith("; also broken: no pin leaked")
