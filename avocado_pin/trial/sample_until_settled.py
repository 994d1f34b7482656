"""When samples are taken during a run, and until when."""

from avocado_pin.base.deadline import Deadline
from avocado_pin.evidence import events
from avocado_pin.rules.judge import left_s
from avocado_pin.trial.workload_process import Run
from avocado_pin.variant.expectation_parser import Expected

# Pages often move within tenths of a second.
FIRST_INTERVAL_S = 0.1


def sample_until_settled(run: Run, expected: Expected, target_node: int) -> None:
    """Take samples until the outcome is settled, the deadline is over, or all are taken.

    :raises GuestLost: the guest is gone; the samples so far are kept
    """
    variant = run.variant
    deadline = Deadline(variant.writer_delay_s + variant.move_deadline_s)
    taken, pause = 0, 0.0
    # Sooner at first, unless there is a fixed number of them.
    interval = variant.sample_interval_s if variant.samples else FIRST_INTERVAL_S
    while True:
        interval = min(interval, variant.sample_interval_s)
        # Of the next sample: this long after this one's begin.
        due = Deadline(pause + interval)
        interval *= 1.5
        run.sample(pause)
        taken += 1
        left = None
        if variant.samples:
            if taken == variant.samples:
                return
        else:
            left = _left_s(run, expected, target_node)
            if left == 0 or deadline.expired:
                break
        pause = due.remaining if left is None else min(due.remaining, left)
    if not events.at_rest(run.reports):
        # One more: numastat can be compared best with pages at rest.
        run.sample()


def _left_s(run: Run, expected: Expected, target_node: int) -> float | None:
    unpinned_s = events.unpinned_s(run.events)
    since = run.pressure_s if unpinned_s is None else unpinned_s
    reports = [report for report in run.reports if report.time_s >= since]
    unpinned = unpinned_s is not None
    return left_s(run.variant, expected, reports, target_node, since, unpinned)
