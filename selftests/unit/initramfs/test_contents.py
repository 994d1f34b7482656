"""What the guest's user space is made of."""

import gzip
import lzma
import subprocess
from collections.abc import Callable
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
