"""The verdict on the programs that test the driver's interface."""

import re
from dataclasses import replace

import pytest

from avocado_pin.evidence import kernel_log_faults
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
    assert rule(verdict, "abi_check").got == (
        f"exit {status}, 1 of 230 checks not ok, 0 skipped, plan 1..230"
    )


def test_programs_fail_a_driver_that_does_not_pin(programs: Programs, captured: Captured) -> None:
    verdict = judge_programs(_ended(programs, 1, captured("runs/abi_no_pin/abi_check.tap")))
    assert verdict.status == FAIL
    assert verdict.text == (
        "abi_check ended with 1: not ok 2 - two pins are held: got 0, expected 2 "
        "(see abi_check.tap)"
    )
    assert (
        rule(verdict, "abi_check").got == "exit 1, 48 of 230 checks not ok, 0 skipped, plan 1..230"
    )


def test_a_program_that_was_killed_fails_with_its_last_words(programs: Programs) -> None:
    output = programs.ended[0].output.partition("ok 5 ")[0]
    verdict = judge_programs(_ended(programs, 137, output))
    assert verdict.status == FAIL
    assert verdict.text == ("abi_check ended with 137: ok 4 - pin them again (see abi_check.tap)")
    assert rule(verdict, "abi_check").got == "exit 137, 0 of 4 checks not ok, 0 skipped, plan none"


@pytest.mark.parametrize("output", ["", "\n", " \n\t\n\n"])
@pytest.mark.parametrize(("status", "said"), [(0, "no output"), (139, "nothing")])
def test_a_program_that_says_nothing_fails_whatever_the_exit(
    programs: Programs, status: int, said: str, output: str
) -> None:
    verdict = judge_programs(_ended(programs, status, output))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == f"abi_check ended with {status}: {said} (see abi_check.tap)"
    assert rule(verdict, "abi_check").got == (
        f"exit {status}, 0 of 0 checks not ok, 0 skipped, plan none"
    )


def test_the_last_words_of_a_program_are_no_blank_line(programs: Programs) -> None:
    verdict = judge_programs(_ended(programs, 1, "open: No such device\n \n\n"))
    assert verdict.text == ("abi_check ended with 1: open: No such device (see abi_check.tap)")


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("\n1..230\n", "\n", "230 checks without a plan"),
        ("\n1..230\n", "\n1..231\n", "Too few tests run (expected 231, got 230)"),
        ("\n1..230\n", "\n1..23\n", "Too many tests run (expected 23, got 230)"),
        ("\n1..230\n", "\n1..2300\n", "Too few tests run (expected 2300, got 230)"),
        ("\n1..230\n", "\n1..230\n1..230\n", "more than one plan found"),
        ("\n1..230\n", "\n1..231\n1..230\n", "more than one plan found"),
        ("\n1..230\n", "\n1..230\n1..231\n", "more than one plan found"),
        ("\nok 72 - max_pages = 4\n", "\n", "out of order test numbers"),
        ("\nok 72 - ", "\nok 71 - ", "out of order test numbers"),
        ("\nok 72 - ", "\nok 71 - the same\nok 72 - ", "out of order test numbers"),
        ("\n1..230\n", "\nok 230 - once more\n1..230\n", "out of order test numbers"),
        ("\n1..230\n", "\n1..230\nok 231 - late\n", "unexpected test after late plan"),
        ("\n1..230\n", "\n1..230\nBail out! mmap: ENOMEM\n", "Bail out! mmap: ENOMEM"),
        ("\n1..230\n", "\nBail out!\n1..230\n", "Bail out! "),
        ("\nok 72 - ", "\nBail out! mmap: ENOMEM\nok 72 - ", "Bail out! mmap: ENOMEM"),
        ("\nok 230 - ", "\n    not ok 1 - within\nok 230 - ", "not ok 1 - within"),
        ("\nok 72 - max_pages = 4", "\nnot ok 72 - x # TODO", "not ok 72 - x # TODO"),
        ("\nok 72 - max_pages = 4", "\nok 72 - x # TODO", "ok 72 - x # TODO"),
        ("\nok 72 - max_pages = 4", "\nnot ok 72 - x # SKIP", "not ok 72 - x"),
        ("\n1..230\n", f"\n1..{'9' * 5000}\n", "ValueError: "),
    ],
)
def test_what_is_no_whole_tap_fails(programs: Programs, line: str, instead: str, said: str) -> None:
    output = programs.ended[0].output
    assert line in output
    verdict = judge_programs(_ended(programs, 0, output.replace(line, instead)))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text.startswith(f"abi_check ended with 0: {said}")


def test_checks_within_checks_without_an_end_fail(programs: Programs) -> None:
    deep = "".join(f"{'    ' * depth}ok 1\n" for depth in range(2000))
    verdict = judge_programs(_ended(programs, 0, deep + programs.ended[0].output))
    assert verdict.status == FAIL
    assert "RecursionError" in verdict.text


def test_a_plan_of_checks_within_a_check_is_not_the_programs(programs: Programs) -> None:
    verdict = judge_programs(_ended(programs, 0, "    1..1\n    ok 1 - all within\n"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])


@pytest.mark.parametrize("plan", ["1..1", "1..230"])
def test_a_plan_without_checks_fails(programs: Programs, plan: str) -> None:
    verdict = judge_programs(_ended(programs, 0, f"# pins held: 0\n{plan}\n"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text.startswith("abi_check ended with 0: Too few tests run (expected ")


def _skipped(output: str) -> str:
    return re.sub(r"^(ok \d+ - .*)$", r"\1 # SKIP not here", output, flags=re.M)


def test_a_program_that_skipped_every_check_is_an_error(programs: Programs) -> None:
    verdict = judge_programs(_ended(programs, 0, _skipped(programs.ended[0].output)))
    assert (verdict.status, broken(verdict)) == (ERROR, ["abi_check"])
    assert verdict.text == ("abi_check ended with 0: all of 230 checks skipped (see abi_check.tap)")
    assert rule(verdict, "abi_check").got == (
        "exit 0, 0 of 230 checks not ok, 230 skipped, plan 1..230"
    )


@pytest.mark.parametrize("output", ["1..0\n", "1..0 # SKIP not root\n"])
def test_a_program_that_planned_no_check_is_an_error(programs: Programs, output: str) -> None:
    verdict = judge_programs(_ended(programs, 0, output))
    assert (verdict.status, broken(verdict)) == (ERROR, ["abi_check"])
    assert "all of 0 checks skipped" in verdict.text


def test_a_check_that_is_skipped_among_others_passes(programs: Programs) -> None:
    # As abi_check.c prints it on kernels that would pin a shared file mapping.
    output = programs.ended[0].output.replace("max_pages = 4", "max_pages = 4 # SKIP not here")
    verdict = judge_programs(_ended(programs, 0, output))
    assert verdict.status == PASS
    assert "230 checks not ok, 1 skipped, plan" in rule(verdict, "abi_check").got


def test_a_plan_may_come_first(programs: Programs) -> None:
    output = "1..230\n" + programs.ended[0].output.replace("\n1..230\n", "\n")
    assert judge_programs(_ended(programs, 0, output)).status == PASS


def test_blank_lines_between_the_checks_do_not_count(programs: Programs) -> None:
    output = programs.ended[0].output.replace("\n", "\n\n")
    assert judge_programs(_ended(programs, 0, output)).status == PASS


def test_only_the_originals_program_may_print_no_tap(programs: Programs) -> None:
    said = programs.ended[1].output
    assert (programs.ended[1].name, "1.." in said) == ("seed_program", False)
    verdict = judge_programs(_ended(programs, 0, said))
    assert (verdict.status, broken(verdict)) == (FAIL, ["abi_check"])
    assert "0 checks without a plan" in verdict.text


@pytest.mark.parametrize("said", ["not ok 1 - it is held\n1..1\n", "Bail out! mmap\n"])
def test_the_originals_program_may_not_say_that_it_failed(programs: Programs, said: str) -> None:
    seed = Program("seed_program32", 0, said)
    verdict = judge_programs(replace(programs, ended=[programs.ended[0], seed]))
    assert (verdict.status, broken(verdict)) == (FAIL, ["seed_program32"])


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
    trouble = kernel_log_faults.trouble(captured("dmesg/bug.txt"))
    verdict = judge_programs(replace(programs, pins_after=2, trouble=trouble))
    assert verdict.status == FAIL
    assert "kernel BUG at provoke3.c:20!" in verdict.text
    assert verdict.text.endswith("; also broken: no pin leaked")
