"""Set-up: interrupted, repeated, twice at once, without network, without rights."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..conftest import AVOCADO, unpinned

BOOTSTRAP = [AVOCADO, "pin-bootstrap"]
# In one flavour: `make check` has set up both before.
ONE_FLAVOUR = [*BOOTSTRAP, "--kernel-flavour", "cloud"]
SET_UP_S = 600
# Of a set-up that takes about 20 s on two cores with a near mirror.
INTERRUPTIONS_S = [random.uniform(0.5, 15) for _ in range(3)]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home)}


def offline(command: list[Path | str], home: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command on a host with nothing but the loopback device and a name nobody knows."""
    host = 'hostname no-such-name; ip link set lo up; exec "$@"'
    return subprocess.run(
        ["unshare", "--net", "--uts", "sh", "-c", host, "sh", *command],
        env=environment(home),
        check=False,
        text=True,
        capture_output=True,
        timeout=SET_UP_S,
    )


def has_network() -> bool:
    command = ["ip", "route", "show", "default"]
    return bool(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a network namespace")
@pytest.mark.skipif(not has_network(), reason="needs a network: there is no default route")
def test_interrupted_repeated_and_offline(tmp_path: Path) -> None:
    for seconds in INTERRUPTIONS_S:
        interrupt_after(seconds, tmp_path)
    both = [start(tmp_path), start(tmp_path)]
    outputs = [process.communicate(timeout=SET_UP_S)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], (outputs, INTERRUPTIONS_S)
    assert list(tmp_path.rglob(".unfinished-*")) == []
    again = offline(ONE_FLAVOUR, tmp_path)
    assert again.returncode == 0, again.stdout
    assert again.stderr == ""
    assert "package lists" not in again.stdout
    results = tmp_path / "results"
    run = [AVOCADO, "run", "--job-results-dir", results, unpinned(1)]
    job = offline(run, tmp_path)
    assert "PASS 1 " in job.stdout
    assert job.stderr == ""


def start(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ONE_FLAVOUR,
        env=environment(home),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def interrupt_after(seconds: float, home: Path) -> None:
    process = start(home)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=SET_UP_S)


def test_existing_avocado_vt_is_left_alone(tmp_path: Path) -> None:
    """A set-up of Avocado-VT counts by the providers it has downloaded."""
    avocado_vt = tmp_path / "avocado" / "data" / "avocado-vt"
    providers = avocado_vt / "virttest" / "test-providers.d" / "downloads"
    (providers / "io-github-autotest-qemu").mkdir(parents=True)
    before = sorted(avocado_vt.rglob("*"))
    command = [sys.executable, "-m", "avocado_pin.vt.own_setup"]
    subprocess.run(command, env=environment(tmp_path), check=True)
    assert sorted(avocado_vt.rglob("*")) == before


def hidden(*programs: str, command: list[Path | str]) -> "subprocess.CompletedProcess[str]":
    """Run a command as an ordinary user, with some of the host's programs out of sight."""
    binds = "".join(f"mount --bind /dev/null {shutil.which(name)}; " for name in programs)
    script = f'set -e; {binds}exec unshare --user "$@"'
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", *command],
        check=False,
        text=True,
        capture_output=True,
        timeout=SET_UP_S,
    )


def test_missing_packages_without_rights() -> None:
    """One line with the one command."""
    done = hidden("socat", "zstd", command=[sys.executable, "-m", "avocado_pin.host.packages"])
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith("Missing packages; run as root: apt-get update && apt-get install ")
    assert said.endswith(" socat zstd")


def test_a_host_without_dpkg_gets_one_line() -> None:
    done = hidden("dpkg", "apt-get", command=[sys.executable, "-m", "avocado_pin.host.packages"])
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert "without apt-get, dpkg, expected Debian or Ubuntu; in a container: podman" in said


def test_nothing_set_up_is_an_error_that_names_the_command(tmp_path: Path) -> None:
    """Not even Avocado-VT's set-up, whose plug-ins complain of it in tracebacks."""
    done = subprocess.run(
        [AVOCADO, "run", "pin_smoke"],
        env=environment(tmp_path),
        check=False,
        text=True,
        capture_output=True,
        timeout=SET_UP_S,
    )
    assert done.returncode == 1
    assert "ERROR: set-up: got no kernel for guests in " in done.stdout
    assert "(see avocado pin-bootstrap)" in done.stdout
    assert "ERROR 5 " in done.stdout
    told = "Avocado-VT is not set up and its options are missing: avocado pin-bootstrap"
    assert done.stderr.splitlines()[0] == told
    output = done.stdout + done.stderr
    assert output.count(told) == 1
    assert "Failed to load plugin" not in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "avocado_pin.vt.own_setup"],
        BOOTSTRAP,
        [AVOCADO, "pin-kernel", "list"],
        [AVOCADO, "run", "pin_smoke"],
    ],
    ids=["own_setup", "pin-bootstrap", "pin-kernel", "run"],
)
def test_a_home_that_is_none_is_told_in_one_line(command: list[Path | str]) -> None:
    home = Path("/dev/null")
    done = subprocess.run(
        command,
        env=environment(home),
        check=False,
        text=True,
        capture_output=True,
        timeout=SET_UP_S,
    )
    assert done.returncode != 0
    (said,) = (done.stdout + done.stderr).splitlines()
    assert said.startswith("folder /dev/null/avocado/data/avocado-pin: got /dev/null, which is no")


def test_a_mirror_that_is_none_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    done = subprocess.run(
        [*BOOTSTRAP, "--mirror", "nowhere"],
        env=environment(tmp_path),
        check=False,
        text=True,
        capture_output=True,
        timeout=SET_UP_S,
    )
    assert done.returncode != 0
    assert "--mirror: got 'nowhere', expected URI of a mirror" in done.stdout + done.stderr


def test_nothing_missing_needs_no_rights() -> None:
    command = [
        "unshare",
        "--user",
        sys.executable,
        "-m",
        "avocado_pin.host.packages",
        "--with-checks",
    ]
    done = subprocess.run(command, check=False, text=True, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_unknown_flavour() -> None:
    done = subprocess.run(
        [*BOOTSTRAP, "--kernel-flavour", "nosuch"], check=False, text=True, capture_output=True
    )
    assert done.returncode != 0
    assert "invalid choice: 'nosuch'" in done.stdout + done.stderr
