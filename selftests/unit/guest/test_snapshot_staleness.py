import os
from pathlib import Path

import pytest

from avocado_pin.guest import snapshot_staleness


@pytest.fixture
def params(tmp_path: Path) -> dict[str, str]:
    """Return some parameters of a guest, with the files they name."""
    names = ("qemu_binary", "kernel", "initrd")
    for name in names:
        (tmp_path / name).write_text(name)
    files = {name: str(tmp_path / name) for name in names}
    return {**files, "extra_params": "-accel tcg", "reuse_guest": "yes", "pages": "1"}


def test_the_key_is_of_the_guest(params: dict[str, str]) -> None:
    key = snapshot_staleness.key(params, kvm=False)
    assert snapshot_staleness.key({**params, "pages": "100", "reuse_guest": "no"}, kvm=False) == key
    assert snapshot_staleness.key({**params, "extra_params": "-accel kvm"}, kvm=False) != key
    assert snapshot_staleness.key({**params, "kernel_params": "quiet"}, kvm=False) != key


def test_under_kvm_the_key_is_of_the_host_too(params: dict[str, str]) -> None:
    assert snapshot_staleness.key(params, kvm=True) != snapshot_staleness.key(params, kvm=False)


@pytest.mark.parametrize("name", ["qemu_binary", "kernel", "initrd"])
def test_another_file_has_another_key(params: dict[str, str], name: str) -> None:
    key = snapshot_staleness.key(params, kvm=False)
    os.utime(params[name], (0, 0))
    assert snapshot_staleness.key(params, kvm=False) != key


def test_another_maker_of_the_guest_has_another_key(
    params: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = snapshot_staleness.key(params, kvm=False)
    with monkeypatch.context() as other:
        other.setattr(snapshot_staleness, "version", lambda _: "1.0")
        assert snapshot_staleness.key(params, kvm=False) != key
    changed = tmp_path / "vm_start.py"
    changed.write_text("another")
    makers = [*snapshot_staleness._OWN_MAKERS[1:], changed]
    monkeypatch.setattr(snapshot_staleness, "_OWN_MAKERS", makers)
    assert snapshot_staleness.key(params, kvm=False) != key


CPU = "processor : 0\nmodel name : one\nmicrocode : 0x1\nflags : fpu svm\n\nprocessor : 1\n"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("_CPU", CPU.replace("one", "another")),
        ("_CPU", CPU.replace("0x1", "0x2")),
        ("_CPU", CPU.replace("svm", "vmx")),
        ("_BOOT_ID", "another"),
    ],
)
def test_another_host_cpu_microcode_or_boot_has_another_key_under_kvm(
    params: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    changed: str,
) -> None:
    for part, text in (("_CPU", CPU), ("_BOOT_ID", "one")):
        (tmp_path / part).write_text(text)
        monkeypatch.setattr(snapshot_staleness, part, tmp_path / part)
    keys = [snapshot_staleness.key(params, kvm=True) for _ in range(2)]
    (tmp_path / name).write_text(changed)
    assert keys[0] == keys[1] != snapshot_staleness.key(params, kvm=True)
