import sys

import pytest

from avocado_pin.base import command
from avocado_pin.base.errors import DeploymentFailed

# What make and gcc print for a program that does not compile; not captured.
COMPILE = """\
cc -O2 -Wall -Werror -static -o pin_workload main.c
main.c: In function 'main':
main.c:3:9: error: 'x' undeclared (first use in this function)
make: *** [Makefile:9: pin_workload] Error 1
"""


def test_an_echoed_command_line_is_no_error() -> None:
    assert command.first_error(COMPILE) == (
        "main.c:3:9: error: 'x' undeclared (first use in this function)"
    )


@pytest.mark.parametrize(
    "option", ["-Werror", "-pedantic-errors", "-fmax-errors=1", "error_handler.c"]
)
def test_a_word_that_is_not_error_is_no_error(option: str) -> None:
    assert command.first_error(f"cc {option} main.c\nlast") == "last"


@pytest.mark.parametrize("line", ["E: Unable to locate package x", "ERROR: x", "Error 1"])
def test_an_error_is_found_whatever_its_case(line: str) -> None:
    assert command.first_error(f"first\n  {line}\nlast") == line


def test_what_make_says_comes_last() -> None:
    missing = "/a/Makefile:1: /a/b/Makefile: No such file or directory"
    assert command.first_error(f"make: *** No rule, error\n{missing}") == missing
    assert command.first_error("a\nmake[1]: *** [m] Error 2\nb") == "make[1]: *** [m] Error 2"


@pytest.mark.parametrize("output", ["", "\n \n"])
def test_no_output_is_told(output: str) -> None:
    assert command.first_error(output) == command.one_line(output) == "no output"


def test_one_line_is_the_last_with_something() -> None:
    assert command.one_line("first\n  last  \n\n \n") == "last"


def test_one_line_is_cut() -> None:
    assert command.one_line("first\n" + "x" * 1000) == "x" * command.MOST_QUOTED


def test_a_command_that_fails_is_told_by_its_error() -> None:
    script = f"print({COMPILE!r}); raise SystemExit(2)"
    with pytest.raises(DeploymentFailed) as caught:
        command.run([sys.executable, "-c", script], thing="the workload", timeout_s=60)
    assert str(caught.value).startswith("the workload: got exit 2: main.c:3:9: error: 'x' undecl")
