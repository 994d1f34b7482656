"""Roots to be unpacked, which are removed after the test."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from avocado_pin.base.kept_folders import scratch, sweep
from selftests.hosts.roots import CACHE, GIVEN, SOURCE, Mirror, Root, debian, tarball

LOGS = SOURCE / "build" / "hosts"
ROOTS = CACHE.parent / "roots"
NewRoot = Callable[..., Root]


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Iterator[NewRoot]:
    """Make a host of a suite; what its commands print and its jobs' results are in build/hosts/."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    sweep(ROOTS)
    log = LOGS / f"{request.node.name}.log"
    with scratch(ROOTS) as folder:

        def new(
            suite: str,
            mirror: Mirror | None = None,
            packages: Sequence[str] = GIVEN,
            container: bool = False,
        ) -> Root:
            tar = tarball(suite, mirror or _debian(suite), packages)
            return Root(Path(folder, "root"), tar, log, container)

        try:
            yield new
        finally:
            _keep_results(Path(folder, "root"), log.with_suffix(".results"))


def _debian(suite: str) -> Mirror:
    updates = [] if suite == "sid" else [f"{suite}-updates", f"{suite}-security"]
    return debian(suite, *updates)


def _keep_results(root: Path, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    for home in [root / "root", *root.glob("home/*")]:
        results = home / "avocado" / "job-results"
        if results.is_dir():
            shutil.copytree(results, kept, symlinks=True)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line among pytest's own."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return line
