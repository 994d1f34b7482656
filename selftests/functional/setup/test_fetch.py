"""Fetching from Debian's archive: interrupted, twice at once, without network, tampered with."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avocado_pin.base import paths
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.debian import mirrors, releases
from avocado_pin.debian.apt_root import AptRoot
from avocado_pin.debian.host_release import host_architecture

from ..conftest import AVOCADO
from .slow_mirror import SlowMirror, serving
from .test_set_up import has_network, offline

Fetch = Callable[[str], "subprocess.Popen[str]"]
FETCH_S = 600
# The host's own compiler builds for it: the least to download.
NAME = "bookworm"
# One flavour: of bookworm a fetch that names none gets two.
COMMAND = [AVOCADO, "pin-kernel", "fetch", "--flavour", "cloud"]
# With Ctrl-C as a terminal gives it, also where the tests run in a shell's background.
FETCH = ["env", "--default-signal=INT", *COMMAND, NAME]
IMAGE = r"^linux-image-6"
# The smallest package of a kernel.
SMALL = "linux-kbuild-6.1"

pytestmark = pytest.mark.skipif(not has_network(), reason="needs a network: no default route")


@pytest.fixture
def fetch(tmp_path: Path) -> Iterator[Fetch]:
    """Return a function that starts a fetch through a proxy; none outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def start(proxy: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            FETCH,
            env={**os.environ, "HOME": str(tmp_path), "http_proxy": proxy},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_a_part_of_it(home: Path) -> None:
    deadline = Deadline(60)
    while not any(path.stat().st_size for path in home.rglob("linux-image-*.deb")):
        assert not deadline.expired
        time.sleep(0.05)


def test_interrupted_then_twice_at_once_then_offline(tmp_path: Path, fetch: Fetch) -> None:
    # Avocado-VT's own set-up takes as long as all of this.
    (tmp_path / "avocado" / "data").mkdir(parents=True)
    vt = paths.data_folder().root.with_name("avocado-vt")
    (tmp_path / "avocado" / "data" / "avocado-vt").symlink_to(vt)
    mirror = SlowMirror(silent=IMAGE)
    with serving(mirror) as proxy:
        process = fetch(proxy)
        assert mirror.begun.wait(FETCH_S)
        wait_for_a_part_of_it(tmp_path)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=FETCH_S)
        assert process.returncode != 0
        assert "Interrupted; run it again to go on." in said
        assert re.search(r"[\d.]+ of [\d.]+ MB downloaded", said)
        mirror.resume()
        asked_before = len(mirror.asked)
        both = [fetch(proxy), fetch(proxy)]
        outputs = [process.communicate(timeout=FETCH_S)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], outputs
        assert sum("waiting for another set-up" in output for output in outputs) == 1
    again = [(name, first) for name, first in mirror.asked[asked_before:] if ".deb" in name]
    # Nothing twice, and of the file that was begun the rest.
    assert len({name for name, _ in again}) == len(again)
    assert [first > 0 for name, first in again if re.search(IMAGE, name)] == [True]
    assert list(tmp_path.rglob(".unfinished-*")) == []
    missing = offline([*COMMAND, "sid", NAME], tmp_path)
    assert missing.returncode != 0
    assert "apt-get update for sid: got exit 100" in missing.stdout + missing.stderr
    assert re.search(r"driver for 6\.1\S+: done", missing.stdout)
    assert "Traceback" not in missing.stdout + missing.stderr


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [("InRelease$", "not signed|signature|NODATA"), (r"\.deb$", "Hash Sum mismatch")],
)
def test_what_somebody_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str, said: str
) -> None:
    with serving(SlowMirror(spoilt=spoilt)) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        apt = AptRoot(tmp_path, releases.source(NAME), host_architecture(), mirrors.of_host())
        with pytest.raises(DeploymentFailed, match=said):
            apt.update()
            wanted = [p for p in apt.resolve([SMALL]) if p.name == SMALL]
            apt.download(wanted, tmp_path / "downloads")
