"""Where a test's guest lives: a folder that outlives the test if its guest serves another one.

The folder holds the files of what lives as long as QEMU does, its processes carry the folder's
mark, and a slot names it. So whoever finds it - a test that needs the slot, the job at its end,
the next job after a crash - can stop exactly this guest.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avocado_pin.base import leftover_processes
from avocado_pin.jobs import guests_at_once
from avocado_pin.qemu import running

# In a job's folder; a job that was not begun as one has its guests beside it.
PREFIX = "guest-"
# For how long an idle guest of another job is left alone: that job's next test may want it.
GRACE_S = 10


@contextmanager
def place(folder: Path, guest_mib: int, key: str) -> Iterator[Path | None]:
    """Give a test a folder for its guest, with an idle guest of that key in it if there is one.

    As many guests as fit are on the host at most, idle ones included. After the block the guest
    is stopped, unless it was left idle (running.leave()) and nothing was raised.

    :param folder: of the slots
    :param guest_mib: memory of the guest, MiB
    :param key: what the guest is made from (variant/guest_key.py); empty: it is not shared
    """
    number = guests_at_once.count(guest_mib)
    with guests_at_once.take(folder, number, lambda guest: _reluctance(guest, key)) as slot:
        if slot is None:
            yield None
            return
        home = slot.guest
        if home is None or not _fits(home, key):
            _make_room(folder, number, slot)
            home = new_folder(PREFIX)
            slot.guest = home
        try:
            yield home
        except BaseException:
            leftover_processes.stop(home)
            raise
        if not key or not running.idle(home):
            leftover_processes.stop(home)


def new_folder(prefix: str = "") -> Path:
    """Return a new folder within the job's, which is removed with it should this runner be killed.

    A runner that no job started has its folder where temporary files are.
    """
    parent = os.environ.get(leftover_processes.JOB)
    return Path(tempfile.mkdtemp(prefix=prefix if parent else "avocado-pin-", dir=parent or None))


def _reluctance(guest: Path | None, key: str) -> int | None:
    if guest is None:
        return 1
    if _fits(guest, key):
        return 0
    others = guest.parent != Path(os.environ.get(leftover_processes.JOB, ""))
    if others and running.idle(guest) and running.idle_s(guest) < GRACE_S:
        return None
    return 2


def _fits(folder: Path, key: str) -> bool:
    found = running.idle(folder)
    return bool(found and key and found.key == key)


def _make_room(folder: Path, number: int, slot: guests_at_once.Slot) -> None:
    """Stop the guest of this slot, and the idle ones of slots that only smaller guests have."""
    with guests_at_once.beyond(folder, number) as others:
        for one in [slot, *others]:
            if one.guest:
                leftover_processes.stop(one.guest)
