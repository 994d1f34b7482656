from avocado_pin.base.deadline import Deadline


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_starts_with_all_its_seconds() -> None:
    assert Deadline(30, Clock()).remaining == 30


def test_what_remains_goes_down_with_the_clock() -> None:
    clock = Clock()
    deadline = Deadline(30, clock)
    clock.now += 12
    assert deadline.remaining == 18


def test_is_not_expired_before_its_time() -> None:
    clock = Clock()
    deadline = Deadline(30, clock)
    clock.now += 29.9
    assert not deadline.expired


def test_is_expired_at_its_time() -> None:
    clock = Clock()
    deadline = Deadline(30, clock)
    clock.now += 30
    assert deadline.expired


def test_nothing_remains_after_its_time() -> None:
    clock = Clock()
    deadline = Deadline(30, clock)
    clock.now += 31
    assert deadline.remaining == 0


def test_of_no_seconds_is_expired_at_once() -> None:
    assert Deadline(0, Clock()).expired


def test_keeps_its_seconds_for_messages() -> None:
    clock = Clock()
    deadline = Deadline(30, clock)
    clock.now += 12
    assert deadline.seconds == 30
