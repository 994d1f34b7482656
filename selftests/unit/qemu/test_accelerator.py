import grp
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from avocado_pin.base.architecture import AMD64
from avocado_pin.base.paths import DataFolder
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.qemu import accelerator, binary, does_it_boot
from avocado_pin.qemu.accelerator import Choice
from avocado_pin.qemu.does_it_boot import Attempt

FIRST, PLAIN = AMD64.cpu_models


def image_of(release: str) -> GuestImage:
    kernel = Kernel("bookworm", "cloud", release, "1", Path("/k"), Path("/k/i"), Path("/k/h"))
    return GuestImage(kernel, Path("/i"), Path("/u"), "amd64")


@pytest.fixture
def image() -> GuestImage:
    return image_of("6.1.0-56-cloud-amd64")


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that stands for /dev/kvm."""
    path = tmp_path / "kvm"
    path.touch()
    monkeypatch.setattr(accelerator, "KVM_DEVICE", path)
    monkeypatch.setattr(binary, "version", lambda _: (7, 2, 22))
    return path


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The CPU models that were tried, in vain."""
    models: list[str] = []

    def boots(*words: Any) -> Attempt:
        models.append(words[2])
        return Attempt(False, "no boot")

    monkeypatch.setattr(does_it_boot, "boots", boots)
    return models


def boots_on(monkeypatch: pytest.MonkeyPatch, *models: str) -> list[str]:
    """Let guests with some CPU models boot, and return the kernels that were tried."""

    def boots(*words: Any) -> Attempt:
        tries.append(words[0].kernel.release)
        up = words[2] in models
        return Attempt(up, "a guest boots with it" if up else "no guest was up")

    tries: list[str] = []
    monkeypatch.setattr(does_it_boot, "boots", boots)
    return tries


def test_kvm_is_chosen_where_a_guest_boots(
    device: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image: GuestImage
) -> None:
    boots_on(monkeypatch, FIRST, PLAIN)
    choice = accelerator.choose(DataFolder(tmp_path), image)
    assert choice == Choice("kvm", "a guest boots with it", FIRST)


def test_a_kernel_that_dislikes_the_cpu_gets_an_older_one(
    device: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image: GuestImage
) -> None:
    boots_on(monkeypatch, PLAIN)
    choice = accelerator.choose(DataFolder(tmp_path), image)
    assert (choice.accelerator, choice.cpu_model) == ("kvm", PLAIN)
    assert choice.reason == f"CPU model {PLAIN} boots; with {FIRST}, no guest was up"


def test_kvm_that_boots_nothing_is_told(
    device: Path, tried: list[str], tmp_path: Path, image: GuestImage
) -> None:
    choice = accelerator.choose(DataFolder(tmp_path), image)
    assert (choice.accelerator, choice.cpu_model) == ("tcg", FIRST)
    assert choice.reason == f"{device} is there, but no boot (see docs/kvm.md)"
    assert tried == [FIRST, PLAIN]


def test_a_qemu_that_crashes_is_not_tried_with_another_cpu(
    device: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image: GuestImage
) -> None:
    tried = []

    def boots(*words: Any) -> Attempt:
        tried.append(words[2])
        return Attempt(False, "QEMU ended with -6", crashed=True)

    monkeypatch.setattr(does_it_boot, "boots", boots)
    assert accelerator.choose(DataFolder(tmp_path), image).accelerator == "tcg"
    assert tried == [FIRST]


def test_each_kernel_is_tried_once(
    device: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried = boots_on(monkeypatch, FIRST)
    for release in ("6.1", "7.3", "6.1", "7.3"):
        accelerator.choose(DataFolder(tmp_path), image_of(release))
    assert tried == ["6.1", "7.3"]


def test_a_kvm_that_did_not_boot_the_first_kernel_is_not_tried_with_others(
    device: Path, tried: list[str], tmp_path: Path
) -> None:
    choices = {
        accelerator.choose(DataFolder(tmp_path), image_of(release)) for release in ("6.1", "7.3")
    }
    assert len(choices) == 1
    assert tried == [FIRST, PLAIN]


def test_a_kernel_that_kvm_does_not_boot_leaves_it_to_the_others(
    device: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    boots_on(monkeypatch, FIRST)
    accelerator.choose(DataFolder(tmp_path), image_of("6.1"))
    boots_on(monkeypatch)
    assert accelerator.choose(DataFolder(tmp_path), image_of("5.10")).accelerator == "tcg"
    boots_on(monkeypatch, FIRST)
    assert accelerator.choose(DataFolder(tmp_path), image_of("7.3")).accelerator == "kvm"


def test_after_another_boot_of_the_host_it_is_tried_anew(
    device: Path, tried: list[str], tmp_path: Path, image: GuestImage
) -> None:
    accelerator.choose(DataFolder(tmp_path), image)
    path = tmp_path / "accelerator.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "host": "another"}))
    accelerator.choose(DataFolder(tmp_path), image)
    assert tried == [FIRST, PLAIN] * 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"key": "k", "accelerator": "kvm"}'])
def test_a_memory_that_is_broken_or_of_an_older_version_is_none(
    device: Path, tried: list[str], tmp_path: Path, image: GuestImage, text: str
) -> None:
    (tmp_path / "accelerator.json").write_text(text)
    assert accelerator.choose(DataFolder(tmp_path), image).accelerator == "tcg"


def test_a_host_without_the_device_is_told_what_brings_it(
    device: Path, tried: list[str], tmp_path: Path, image: GuestImage
) -> None:
    device.unlink()
    choice = accelerator.choose(DataFolder(tmp_path), image)
    assert choice.accelerator == "tcg"
    assert "modprobe kvm_intel or kvm_amd" in choice.reason
    assert tried == []


def test_a_device_without_rights_is_told_with_the_command(
    device: Path,
    monkeypatch: pytest.MonkeyPatch,
    tried: list[str],
    tmp_path: Path,
    image: GuestImage,
) -> None:
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != device and may(path, mode))
    monkeypatch.setattr(os, "geteuid", lambda: 4194303)
    reason = accelerator.choose(DataFolder(tmp_path), image).reason
    assert reason.startswith(f"no right to open {device}: sudo ")
    assert "4194303" in reason
    assert tried == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], "sudo usermod --append --groups kvm ann, then log in again"),
        (["ann"], "ann is in its group kvm since the last login: log in again"),
    ],
)
def test_the_remedy_depends_on_who_is_in_the_group(
    monkeypatch: pytest.MonkeyPatch, members: list[str], said: str
) -> None:
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group(("kvm", "x", 104, members)))
    user = pwd.struct_passwd(("ann", "x", 1000, 1000, "", "/home/ann", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: user)
    assert accelerator._remedy(104, 1000) == said


def test_root_of_a_container_without_rights_is_told_what_gives_them() -> None:
    """65534: a group of the host's that the container does not know."""
    assert "--group-add keep-groups (podman)" in accelerator._remedy(65534, 0)


def test_a_user_without_a_name_is_told_by_number() -> None:
    told = accelerator._remedy(0, 4194303)
    assert told == "sudo setfacl -m u:4194303:rw /dev/kvm (of the package acl)"
