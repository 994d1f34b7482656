"""Roots to be unpacked, which are removed after the test."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from avocado_pin.store import scratch, sweep
from selftests.hosts.roots import CACHE, GIVEN, SOURCE, Mirror, Root, debian, tarball

LOGS = SOURCE / "build" / "hosts"
ROOTS = CACHE.parent / "roots"
NewRoot = Callable[..., Root]


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Iterator[NewRoot]:
    """Make a host of a suite; what its commands print is in build/hosts/TEST.log."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    sweep(ROOTS)
    with scratch(ROOTS) as folder:

        def new(
            suite: str,
            mirror: Mirror | None = None,
            packages: Sequence[str] = GIVEN,
            container: bool = False,
        ) -> Root:
            tar = tarball(suite, mirror or _debian(suite), packages)
            return Root(Path(folder, "root"), tar, LOGS / f"{request.node.name}.log", container)

        yield new


def _debian(suite: str) -> Mirror:
    return (
        debian(suite) if suite == "sid" else debian(suite, f"{suite}-updates", f"{suite}-security")
    )


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line among pytest's own."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return line
