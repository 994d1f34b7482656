"""One at a time, across processes."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import DeploymentFailed

# How often a taken lock is tried again; flock(2) has no deadline of its own.
RETRY_S = 0.2


@contextmanager
def exclusive(
    path: Path, deadline: Deadline, waiting: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold the lock file `path`. The kernel drops the lock with the process, however that ends.

    :param waiting: called once if somebody else holds it
    :raises DeploymentFailed: it was not free by the deadline
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        told = False
        while not _try_lock(lock.fileno()):
            if not told:
                waiting()
                told = True
            if deadline.expired:
                raise DeploymentFailed(
                    f"lock {path}",
                    got=f"still held by another process after {deadline.seconds:g} s",
                    expected="it to be released",
                    look_at=f"fuser -v {path}",
                )
            time.sleep(RETRY_S)
        yield


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
