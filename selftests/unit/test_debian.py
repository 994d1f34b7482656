from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin import debian
from avocado_pin.debian import Package
from avocado_pin.errors import DeploymentFailed

Captured = Callable[[str], str]
MAIN = "http://mirror.example/debian/"
SECURITY = "http://mirror.example/debian-security/"


def test_the_mirrors_of_the_hosts_release(captured: Captured) -> None:
    assert debian.debian_mirrors(captured("apt/indextargets.txt"), "bookworm") == [
        (MAIN, "bookworm"),
        (MAIN, "bookworm-updates"),
        (SECURITY, "bookworm-security"),
    ]


def test_another_release_has_no_mirrors_here(captured: Captured) -> None:
    assert debian.debian_mirrors(captured("apt/indextargets.txt"), "trixie") == []


def test_a_source_of_another_origin_is_left_out(captured: Captured) -> None:
    # Its path is Debian's.
    text = captured("apt/indextargets.txt").replace("|Debian\n", "|Somebody\n", 1)
    assert debian.debian_mirrors(text, "bookworm") == [
        (MAIN, "bookworm-updates"),
        (SECURITY, "bookworm-security"),
    ]


def test_another_component_is_left_out(captured: Captured) -> None:
    text = captured("apt/indextargets.txt").replace("|main|", "|contrib|", 1)
    assert (MAIN, "bookworm") not in debian.debian_mirrors(text, "bookworm")


def test_a_source_named_twice_is_told_once(captured: Captured) -> None:
    text = captured("apt/indextargets.txt")
    assert debian.debian_mirrors(text + text, "bookworm") == debian.debian_mirrors(text, "bookworm")


def test_no_sources_have_no_mirrors() -> None:
    assert debian.debian_mirrors("", "bookworm") == []


def test_resolved_packages_have_their_names_and_versions(
    captured: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(debian, "run", lambda *_, **__: captured("apt/install_simulated.txt"))
    found = debian.AptRoot(tmp_path, "bookworm", "amd64").resolve(["numactl"])
    assert [package.name for package in found] == [
        "gcc-12-base",
        "libgcc-s1",
        "libc6",
        "libnuma1",
        "numactl",
    ]
    assert found[-1] == Package("numactl", "2.0.16-1")


def test_packages_that_are_not_installed_are_missing() -> None:
    assert debian.missing_packages(["dpkg", "no-such-package-anywhere"]) == [
        "no-such-package-anywhere"
    ]


def test_the_host_is_debian_with_an_architecture() -> None:
    assert debian.host_release().isalpha()
    assert debian.host_architecture().isalnum()


def test_a_broken_archive_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "broken_1_all.deb"
    archive.write_bytes(b"no archive")
    with pytest.raises(DeploymentFailed, match=r"unpacking broken_1_all\.deb"):
        debian.unpack(archive, tmp_path / "into")


def test_the_install_command_names_every_package() -> None:
    assert debian.install_command(["make", "gcc"]).endswith(" make gcc")
