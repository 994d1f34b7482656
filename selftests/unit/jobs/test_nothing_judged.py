import pytest

from avocado_pin.jobs.nothing_judged import Unjudged

NAMES = ["pin_smoke.balancing.driver", "pin_smoke.move_pages.driver", "pin_driver"]


def test_at_first_nothing_is_judged() -> None:
    assert Unjudged(NAMES).sets == ["pin_smoke", "pin_driver"]


@pytest.mark.parametrize("status", ["PASS", "FAIL", "ERROR", "WARN", "INTERRUPTED"])
def test_one_test_that_says_something_is_enough_for_its_set(status: str) -> None:
    unjudged = Unjudged(NAMES)
    unjudged.end(NAMES[0], "CANCEL")
    unjudged.end(NAMES[1], status)
    assert unjudged.sets == ["pin_driver"]


@pytest.mark.parametrize("status", ["CANCEL", "SKIP"])
def test_tests_that_say_nothing_judge_nothing(status: str) -> None:
    unjudged = Unjudged(NAMES)
    for name in NAMES:
        unjudged.end(name, status)
    assert unjudged.sets == ["pin_smoke", "pin_driver"]


def test_a_test_of_another_kind_is_none_of_ours() -> None:
    unjudged = Unjudged(NAMES)
    unjudged.end("examples/passtest.py:PassTest.test", "PASS")
    assert unjudged.sets == ["pin_smoke", "pin_driver"]
