import sys
from pathlib import Path

import pytest

from avocado_pin.host import packages
from avocado_pin.host.packages import Need


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program that only PATH knows."""
    path = tmp_path / "a-program"
    path.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return path.name


def test_a_program_in_path_is_there_whatever_package_it_is_of(program: str) -> None:
    assert Need("no-such-package", programs=(program,)).is_met()


def test_each_program_of_a_need_must_be_there(program: str) -> None:
    assert not Need("a-package", programs=(program, "no-such-program")).is_met()


def test_a_program_that_only_root_has_in_path_is_found(program: str) -> None:
    assert Need("util-linux", programs=("blkid",)).is_met()


def test_each_file_of_a_need_must_be_there() -> None:
    assert Need("base-files", files=("etc/os-*",)).is_met()
    assert not Need("base-files", files=("etc/os-release", "etc/no-such-*")).is_met()


def test_what_is_missing_is_told_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "NEEDS", [Need("a-package", programs=("no-such-program",))])
    assert packages.missing() == ["a-package"]


def test_the_checks_need_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "NEEDS", [])
    monkeypatch.setattr(packages, "CHECK_NEEDS", [Need("more", programs=("no-such-program",))])
    assert (packages.missing(), packages.missing(with_checks=True)) == ([], ["more"])


def test_a_python_that_is_too_old_needs_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "NEEDS", [])
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    monkeypatch.setenv("PATH", "/nowhere")
    assert packages.missing() == ["python3.11", "python3.11-venv"]


def test_no_package_is_named_twice() -> None:
    names = [need.package for need in packages.NEEDS + packages.CHECK_NEEDS]
    assert len(set(names)) == len(names)


def test_a_host_without_dpkg_is_sent_to_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packages.unfit() == ""
    monkeypatch.setenv("PATH", "/nowhere")
    said = packages.unfit()
    assert f"host: got {packages.name()} without apt-get, dpkg, dpkg-deb" in said
    assert "podman build" in said
    assert "\n" not in said


def test_the_line_for_root_fetches_the_lists_and_names_every_package() -> None:
    """A fresh container has no lists."""
    line = packages.install_line(["make", "gcc"])
    assert line.startswith("apt-get update && apt-get install ")
    assert line.endswith(" make gcc")


def os_release(root: Path, name: str, text: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_bytes(text)


def test_a_system_that_names_itself_in_another_encoding(tmp_path: Path) -> None:
    os_release(tmp_path, "etc/os-release", b'ID=debian\nPRETTY_NAME="Debian von J\xf6rg"\n')
    assert packages.os_release(tmp_path) == {
        "ID": "debian",
        "PRETTY_NAME": "Debian von J\N{REPLACEMENT CHARACTER}rg",
    }


def test_what_a_system_says_of_itself_is_in_one_of_two_places(tmp_path: Path) -> None:
    assert packages.os_release(tmp_path) == {}
    os_release(tmp_path, "usr/lib/os-release", b"ID=debian\n")
    assert packages.os_release(tmp_path) == {"ID": "debian"}
    os_release(tmp_path, "etc/os-release", b"ID=ubuntu\n")
    assert packages.os_release(tmp_path) == {"ID": "ubuntu"}
