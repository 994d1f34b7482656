from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.debian import apt_root, deb_archives, host_release
from avocado_pin.debian.apt_root import Package
from avocado_pin.debian.mirrors import Mirrors

Captured = Callable[[str], str]
MIRRORS = Mirrors("http://mirror.example/debian", "http://mirror.example/debian-security")


def test_where_no_archive_is_another_mirror_can_be_named(tmp_path: Path) -> None:
    here = Mirrors(f"file:{tmp_path}/debian", f"file:{tmp_path}/debian-security")
    source = apt_root.Source("bookworm", ("bookworm-security",))
    apt = apt_root.AptRoot(tmp_path / "apt", source, "amd64", here)
    with pytest.raises(DeploymentFailed) as caught:
        apt.update()
    assert "/debian-security/dists/bookworm-security/" in str(caught.value.got)
    assert f"at {here.main} and their security updates at {here.security}" in str(caught.value)
    assert "make run MIRROR=URI,URI" in str(caught.value)


def test_resolved_packages_have_their_names_and_versions(
    captured: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(apt_root, "run", lambda *_, **__: captured("apt/install_simulated.txt"))
    source = apt_root.Source("bookworm", ("bookworm",))
    found = apt_root.AptRoot(tmp_path, source, "amd64", MIRRORS).resolve(["numactl"])
    assert [package.name for package in found] == [
        "gcc-12-base",
        "libgcc-s1",
        "libc6",
        "libnuma1",
        "numactl",
    ]
    assert found[-1] == Package("numactl", "2.0.16-1")


def test_the_host_is_debian_with_an_architecture() -> None:
    assert host_release.host_release().isalpha()
    assert host_release.host_architecture().isalnum()


def test_a_broken_archive_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "broken_1_all.deb"
    archive.write_bytes(b"no archive")
    with pytest.raises(DeploymentFailed, match=r"unpacking broken_1_all\.deb"):
        deb_archives.unpack(archive, tmp_path / "into")
