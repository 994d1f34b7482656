from collections.abc import Callable
from pathlib import Path

from avocado_pin.evidence import (
    kernel_log_faults,
    kernel_log_marks,
)

Captured = Callable[[str], str]
DATA = Path(__file__).resolve().parents[2] / "data"


MARK = "[    7.5] pin-guest: test 1, pin_smoke.balancing.driver\n"
WARNING = "[    9.1] WARNING: CPU: 1 PID: 171 at provoke.c:14 provoke_init+0x3a/0x1000 [provoke]\n"


def test_what_the_kernel_logged_before_the_mark_is_not_the_tests() -> None:
    log = WARNING + MARK + "[    9.9] page_pin: loading out-of-tree module\n"
    assert kernel_log_faults.trouble(kernel_log_marks.of_test(log)) == []
    assert len(kernel_log_faults.trouble(kernel_log_marks.before_test(log))) == 1


def test_what_it_logged_after_the_mark_is() -> None:
    log = MARK + WARNING
    assert len(kernel_log_faults.trouble(kernel_log_marks.of_test(log))) == 1
    assert kernel_log_marks.before_test(log) == ""


def test_a_console_has_the_marks_of_earlier_tests_too() -> None:
    second = MARK.replace("test 1", "test 2")
    assert kernel_log_marks.of_test(f"{MARK}{WARNING}{second}quiet\n") == "quiet\n"
    assert kernel_log_marks.before_test(f"{MARK}{WARNING}{second}") == MARK + WARNING


def test_without_a_mark_all_is_the_tests() -> None:
    """Its log has wrapped, or the guest was lost before."""
    assert kernel_log_marks.of_test(WARNING) == WARNING
    assert kernel_log_marks.before_test(WARNING) == ""


def test_the_marks_that_are_written_are_the_marks_that_are_found() -> None:
    begin, end = (
        mark(12, "pin_smoke.balancing.driver.anon")
        for mark in (kernel_log_marks.begin_mark, kernel_log_marks.end_mark)
    )
    begun = f"[ 1.0] before\n[ 2.0] {begin}\n[ 3.0] after\n"
    assert kernel_log_marks.of_test(begun) == "[ 3.0] after\n"
    assert not kernel_log_marks.has_end(begun)
    assert kernel_log_marks.has_end(f"{begun}[ 4.0] {end}\n")


def test_the_end_is_the_same_tests() -> None:
    begin, end = kernel_log_marks.begin_mark(2, "a.b"), kernel_log_marks.end_mark(1, "a.b")
    assert not kernel_log_marks.has_end(f"[ 1.0] {begin}\n[ 2.0] {end}\n")
    assert not kernel_log_marks.has_end(
        f"[ 1.0] {kernel_log_marks.end_mark(2, 'a.b')}\n[ 2.0] {begin}\n"
    )


def test_where_no_end_was_marked_none_is_lacking() -> None:
    assert kernel_log_marks.has_end(MARK + WARNING)
