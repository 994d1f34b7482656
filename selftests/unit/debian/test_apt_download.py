"""What apt is told to download: from what it prints to what is still missing."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.debian.apt_download import File, parse_uris

TEXT = b"a package"


@pytest.fixture
def file() -> File:
    digest = f"SHA256:{hashlib.sha256(TEXT).hexdigest()}"
    return File("http://mirror.example/a.deb", "a.deb", len(TEXT), digest)


def test_the_files_of_packages(captured: Callable[[str], str]) -> None:
    common, kbuild = parse_uris(captured("apt/print_uris.txt"))
    assert kbuild.name.startswith("linux-kbuild-5.10_")
    assert kbuild.uri.startswith("http://mirror.example/")
    assert kbuild.uri.endswith(".deb")
    assert common.name.startswith("linux-headers-5.10.0-46-common_")
    for one in (kbuild, common):
        assert one.size > 100_000
        assert one.digest.startswith("SHA256:")
        assert len(one.digest) == len("SHA256:") + 64


def test_other_lines_are_no_files() -> None:
    assert parse_uris("Reading package lists...\nNeed to get 3 MB of archives.\n") == []


@pytest.mark.parametrize("text", [None, b"", TEXT[:4], b"a packagf", TEXT + b"."])
def test_what_is_missing_or_other_is_not_whole(
    file: File, tmp_path: Path, text: bytes | None
) -> None:
    if text is not None:
        (tmp_path / file.name).write_bytes(text)
    assert not file.is_whole(tmp_path)
    assert file.bytes_in(tmp_path) == len(text or b"")


def test_a_whole_file_is_whole(file: File, tmp_path: Path) -> None:
    (tmp_path / file.name).write_bytes(TEXT)
    assert file.is_whole(tmp_path)
