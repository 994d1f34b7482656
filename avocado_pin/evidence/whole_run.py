"""Are the events of a run whole and in order? What is not can't come from the workload.

Each line may be as event_schema.py says and one still be left out, or be there twice.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from avocado_pin.evidence.event_schema import Begin, End, Event, Migrate, Sampled

# Events of which there is one at most for each value of these fields.
_ONCE: dict[str, tuple[str, ...]] = {
    "begin": (),
    "driver": (),
    "pin": ("region",),
    "fork": (),
    "placement": ("when", "region"),
    "held": ("when",),
    "ready": (),
    "write_start": (),
    "migrate": ("round", "region"),
    "migrate_end": ("round",),
    "unpin": ("region",),
    "end": (),
}
# A time of the end is rounded up, one of a begin down; half a millisecond more, as they are floats.
ROUNDING_S = 0.0015


def problems(found: list[Event]) -> Iterator[str]:
    """Yield what is not so of the events of a run that has ended, one at least."""
    if not isinstance(found[0], Begin) or not isinstance(found[-1], End):
        yield f"{found[0].event!r} first and {found[-1].event!r} last, not 'begin' and 'end'"
        return
    for name, count in Counter(_name(event) for event in found if event.event in _ONCE).items():
        if count > 1:
            yield f"{count} events {name!r}"
    numbers = [event.seq for event in found if isinstance(event, Sampled)]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"reports {numbers}, which are not all from 1 on"
    for before, after in pairwise(found):
        yield from _times(before, after)


def _times(before: Event, after: Event) -> Iterator[str]:
    """Each event begins after the one before it, and has ended before the next."""
    end = before.t
    if isinstance(before, Migrate | Sampled):
        end = before.t_end - ROUNDING_S
        if before.t_end < before.t:
            yield f"{before.event!r} from {before.t} s to {before.t_end} s"
    if after.t < end:
        yield f"{after.event!r} at {after.t} s after {before.event!r} until {end:.3f} s"


def _name(event: Event) -> str:
    """Return the event's name, with what there may be several of."""
    return " ".join((event.event, *(str(getattr(event, name)) for name in _ONCE[event.event])))
