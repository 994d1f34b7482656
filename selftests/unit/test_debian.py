from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin import debian
from avocado_pin.debian import Package
from avocado_pin.errors import DeploymentFailed

Captured = Callable[[str], str]
MAIN = "http://mirror.example/debian/"
SECURITY = "http://mirror.example/debian-security/"


BOOKWORM = ("bookworm", "bookworm-updates", "bookworm-security")


def test_the_mirrors_of_the_hosts_release(captured: Captured) -> None:
    assert debian.debian_mirrors(captured("apt/indextargets.txt"), BOOKWORM) == [
        (MAIN, "bookworm"),
        (MAIN, "bookworm-updates"),
        (SECURITY, "bookworm-security"),
    ]


def test_the_hosts_mirrors_have_other_suites_too(captured: Captured) -> None:
    suites = ("sid", "bullseye-security", "experimental")
    assert debian.debian_mirrors(captured("apt/indextargets.txt"), suites) == [
        (MAIN, "sid"),
        (SECURITY, "bullseye-security"),
        (MAIN, "experimental"),
    ]


@pytest.mark.parametrize(("wrong", "right"), [("|Debian", "|Somebody"), ("|main|", "|contrib|")])
def test_a_source_of_another_origin_or_component_is_no_mirror(
    captured: Captured, wrong: str, right: str
) -> None:
    text = captured("apt/indextargets.txt").replace(wrong, right)
    assert debian.debian_mirrors(text, BOOKWORM) == []


def test_the_first_mirror_is_taken(captured: Captured) -> None:
    text = captured("apt/indextargets.txt")
    other = text.replace("mirror.example", "other.example")
    assert debian.debian_mirrors(text + other, BOOKWORM) == debian.debian_mirrors(text, BOOKWORM)


def test_no_sources_have_no_mirrors() -> None:
    assert debian.debian_mirrors("", ["bookworm"]) == []


def test_resolved_packages_have_their_names_and_versions(
    captured: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(debian, "run", lambda *_, **__: captured("apt/install_simulated.txt"))
    found = debian.AptRoot(tmp_path, debian.Source("bookworm", ("bookworm",)), "amd64").resolve(
        ["numactl"]
    )
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
