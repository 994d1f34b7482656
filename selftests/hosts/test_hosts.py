"""The newcomer's path on other hosts, from a clone to the verdicts."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.debian import mirrors
from selftests.hosts.conftest import NewRoot
from selftests.hosts.newcomer import Newcomer, Outcome
from selftests.hosts.roots import GIVEN, SOURCE, Mirror, Root

Tell = Callable[[str], None]

# Of Ubuntu itself; Debian has the package ubuntu-keyring from 13 on.
UBUNTU_KEYRING = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
ALL_GOOD = {"PASS": 35, "CANCEL": 1}
UBUNTU_24_04 = """\
PRETTY_NAME="Ubuntu 24.04.1 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.1 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
"""
FEDORA_41 = """\
NAME="Fedora Linux"
VERSION="41 (Forty One)"
ID=fedora
VERSION_ID=41
PRETTY_NAME="Fedora Linux 41 (Forty One)"
"""


def check_all_good(newcomer: Newcomer, outcome: Outcome, tell: Tell) -> None:
    tell(f"{newcomer.facts()}: {outcome.verdicts()} in {outcome.seconds:.0f} s")
    assert outcome.verdicts() == ALL_GOOD
    assert outcome.status == 0
    assert "Traceback" not in outcome.output


def install_what_is_missing(newcomer: Newcomer) -> None:
    """Let root run the one command that an ordinary user is told."""
    told = newcomer.does("make run")
    assert told.status != 0
    lines = re.findall(r"^Missing packages; run as root: (.*)$", told.output, re.MULTILINE)
    assert len(lines) == 1
    command = ["sh", "-c", f"export DEBIAN_FRONTEND=noninteractive; {lines[0]}"]
    newcomer.root.run(command).check_returncode()


def ready_but_without_sudo(root: Root, umask: str) -> Newcomer:
    """Return an ordinary user who has cloned the project, where root has installed the packages."""
    root.add_user("ann")
    newcomer = Newcomer(root, "ann", umask)
    newcomer.clone()
    install_what_is_missing(newcomer)
    return newcomer


def test_debian_13_as_root(host: NewRoot, tell: Tell) -> None:
    newcomer = Newcomer(host("trixie"))
    newcomer.clone()
    check_all_good(newcomer, newcomer.does("make run"), tell)


def test_debian_13_with_sudo_and_umask_002(host: NewRoot, tell: Tell) -> None:
    root = host("trixie", packages=[*GIVEN, "sudo"])
    root.add_user("ann", sudo=True)
    newcomer = Newcomer(root, "ann", umask="002")
    newcomer.clone()
    check_all_good(newcomer, newcomer.does("make run"), tell)


def test_debian_sid_without_sudo_and_with_umask_077(host: NewRoot, tell: Tell) -> None:
    newcomer = ready_but_without_sudo(host("sid"), umask="077")
    check_all_good(newcomer, newcomer.does("make run"), tell)


def forget_debian(root: Root) -> None:
    """Let a host say that it is Ubuntu's, and know no source of Debian's."""
    script = "rm -r /etc/apt/sources.list* /var/lib/apt/lists/*"
    root.run(["sh", "-c", script]).check_returncode()
    root.path("/usr/lib/os-release").write_text(UBUNTU_24_04)


def test_like_ubuntu_without_sources_of_debian(host: NewRoot, tell: Tell) -> None:
    newcomer = ready_but_without_sudo(host("trixie"), umask="002")
    forget_debian(newcomer.root)
    without = newcomer.does("make run")
    assert without.status != 0
    assert "Traceback" not in without.output
    assert without.output.count("make run MIRROR=URI") == 1
    mirror = mirrors.of_host()
    outcome = newcomer.does(f"make run MIRROR={mirror.main},{mirror.security}")
    check_all_good(newcomer, outcome, tell)


def test_like_fedora(host: NewRoot) -> None:
    root = host("trixie")
    for program in ("apt-get", "dpkg", "dpkg-deb"):
        root.path(f"/usr/bin/{program}").unlink()
    root.path("/usr/lib/os-release").write_text(FEDORA_41)
    newcomer = Newcomer(root)
    newcomer.clone()
    told = newcomer.does("make run")
    assert told.status != 0
    lines = [line for line in told.output.splitlines() if not line.startswith("make: ")]
    assert len(lines) == 1
    assert lines[0].startswith("host: got Fedora Linux 41 (Forty One) without apt-get, dpkg,")
    assert "podman build" in lines[0]


def containerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile with what follows each."""
    text = (SOURCE / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def build(root: Root, steps: list[tuple[str, str]]) -> str:
    """Do in a root what builds an image, and return its last folder."""
    folder = "/"
    for instruction, text in steps:
        if instruction == "RUN":
            root.run(["sh", "-c", f"cd {folder} && {text}"]).check_returncode()
        elif instruction == "COPY":
            assert text.split()[0] == "."
            root.copy(text.split()[1])
        elif instruction == "WORKDIR":
            folder = text
        else:
            assert instruction == "CMD"
    return folder


def test_container(host: NewRoot, tell: Tell) -> None:
    (base, image), *steps = containerfile()
    assert (base, image) == ("FROM", "debian:stable")
    # What every image of Debian's has.
    root = host("stable", packages=["debian-archive-keyring"], container=True)
    newcomer = Newcomer(root, folder=build(root, steps))
    outcome = newcomer.does(".venv/bin/avocado run pin_smoke")
    tell(f"{newcomer.facts()}: {outcome.verdicts()} in {outcome.seconds:.0f} s")
    assert outcome.verdicts() == {"PASS": 5}
    assert outcome.status == 0


@pytest.mark.skipif(not UBUNTU_KEYRING.exists(), reason=f"UBUNTU_MIRROR needs {UBUNTU_KEYRING}")
@pytest.mark.skipif(not os.environ.get("UBUNTU_MIRROR"), reason="no UBUNTU_MIRROR=URI was given")
@pytest.mark.parametrize("suite", ["jammy", "noble"])
def test_ubuntu(host: NewRoot, tell: Tell, suite: str) -> None:
    root = host(suite, ubuntu(suite), packages=[*GIVEN, "sudo"])
    root.add_user("ann", sudo=True)
    newcomer = Newcomer(root, "ann", umask="002")
    newcomer.clone()
    mirror = mirrors.of_host()
    outcome = newcomer.does(f"make run MIRROR={mirror.main},{mirror.security}")
    check_all_good(newcomer, outcome, tell)


def ubuntu(suite: str) -> Mirror:
    """Return where a release of Ubuntu's is, by the mirror that the user names."""
    lines = [
        f"deb [signed-by={UBUNTU_KEYRING}] {os.environ['UBUNTU_MIRROR']} {name} main universe"
        for name in (suite, f"{suite}-updates", f"{suite}-security")
    ]
    return Mirror(tuple(lines), UBUNTU_KEYRING)


def test_nothing_set_up(host: NewRoot) -> None:
    newcomer = Newcomer(host("trixie"))
    newcomer.clone()
    assert newcomer.does("make .venv/installed").status == 0
    outcome = newcomer.does(".venv/bin/avocado run pin_smoke")
    assert set(outcome.verdicts()) == {"ERROR"}
    assert outcome.status != 0
    assert "avocado pin-bootstrap" in outcome.output
