"""What the guest's user space is made of."""

import gzip
import lzma
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avocado_pin.initramfs import contents

MODULE = b"\x7fELF, as a module begins" * 100


def _zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [("", bytes), (".xz", lzma.compress), (".gz", gzip.compress), (".zst", _zstd)],
)
def test_modules_are_decompressed_however_a_kernel_has_them(
    tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    packed = tmp_path / f"virtio_net.ko{suffix}"
    packed.write_bytes(compress(MODULE))
    (tmp_path / "guest").mkdir()
    contents._add_module(packed, tmp_path / "guest" / packed.name)
    assert [path.name for path in (tmp_path / "guest").iterdir()] == ["virtio_net.ko"]
    assert (tmp_path / "guest" / "virtio_net.ko").read_bytes() == MODULE


@pytest.fixture
def under_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.parametrize("under_umask", [0o002, 0o022, 0o077, 0o000], indirect=True)
@pytest.mark.usefixtures("under_umask")
def test_modes_are_the_same_whatever_the_umask(tmp_path: Path) -> None:
    """The ssh server takes no key from a folder that others may write to."""
    root = tmp_path / "root"
    for name in (*contents.FOLDERS, "usr/bin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("etc/passwd", "init", "usr/bin/busybox", *contents.PRIVATE):
        if not (root / name).exists():
            (root / name).touch()
    (root / "bin").symlink_to("usr/bin")
    for name in ("init", "usr/bin/busybox"):
        (root / name).chmod(0o700)
    contents._set_modes(root)
    modes = {
        str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")
    }
    private = {
        "root": 0o700,
        "root/.ssh": 0o700,
        "root/.ssh/authorized_keys": 0o600,
        "etc/dropbear/dropbear_ed25519_host_key": 0o600,
    }
    special = {**private, "tmp": 0o1777, "etc/passwd": 0o644}
    assert {name: modes[name] for name in special} == special
    others = {mode for name, mode in modes.items() if name not in special}
    assert others == {0o755}
