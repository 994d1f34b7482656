"""Which compiler builds for a kernel that is there already."""

from dataclasses import replace
from pathlib import Path

import pytest

from avocado_pin.base.paths import DataFolder, source
from avocado_pin.build import compiler_root, driver_and_workload
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.setup import make_guest_images

CLOSED = "the host's namespaces: got none"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel that the host's own compiler was to build for, on a host of another release."""
    monkeypatch.setattr(make_guest_images, "host_release", lambda: "bookworm")
    monkeypatch.setattr(compiler_root, "closed", lambda: "")
    folder = tmp_path / "kernels" / "k"
    return Kernel("sid", "cloud", "7.2", "1", folder, folder / "i", folder / "h")


@pytest.fixture
def builder(tmp_path: Path) -> Path:
    """The root of a compiler that is there."""
    path = tmp_path / "builders" / "b"
    path.mkdir(parents=True)
    return path


def with_compiler(tmp_path: Path, kernel: Kernel) -> Kernel:
    return make_guest_images.ImageMaker(DataFolder(tmp_path)).with_compiler(kernel)


def test_a_root_that_nobody_might_enter_is_tried_again(
    tmp_path: Path, kernel: Kernel, builder: Path
) -> None:
    assert with_compiler(tmp_path, kernel) == replace(kernel, builder=builder)


def test_a_root_that_still_nobody_may_enter_is_done_without(
    tmp_path: Path, kernel: Kernel, builder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler_root, "closed", lambda: CLOSED)
    assert with_compiler(tmp_path, kernel) == kernel


def test_a_driver_that_is_built_needs_no_other_compiler(
    tmp_path: Path, kernel: Kernel, builder: Path
) -> None:
    builds = DataFolder(tmp_path).builds
    driver_and_workload.driver_build(source("kmod"), kernel, builds).mkdir(parents=True)
    assert with_compiler(tmp_path, kernel) == kernel


def test_the_hosts_own_release_is_built_for_by_the_host(
    tmp_path: Path, kernel: Kernel, builder: Path
) -> None:
    own = replace(kernel, name="bookworm")
    assert with_compiler(tmp_path, own) == own


def test_a_root_that_is_gone_is_replaced(tmp_path: Path, kernel: Kernel, builder: Path) -> None:
    gone = replace(kernel, builder=tmp_path / "builders" / "gone")
    assert with_compiler(tmp_path, gone) == replace(kernel, builder=builder)
