"""What is replaced of Avocado-VT: each part is there, does what it is to do, and is checked."""

import re
import time
from importlib.metadata import requires
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aexpect
import pytest
from virttest import qemu_monitor, qemu_vm, utils_env, utils_qemu
from virttest.qemu_devices import qcontainer

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import DataFolder
from avocado_pin.vt import patched_internals, qemu_probes, vm_start
from avocado_pin.vt.patched_internals import INTERNALS, PACKAGE, TESTED, Internal


@pytest.mark.parametrize("part", INTERNALS, ids=lambda part: f"{part.module}.{part.name}")
def test_each_part_is_as_it_is_listed(part: Internal) -> None:
    assert part.problem() == ""


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (Internal("virttest.nosuch", "a"), "no a in virttest.nosuch"),
        (Internal("virttest.utils_env", "Env.nosuch"), "no Env.nosuch in virttest.utils_env"),
        (Internal("virttest.utils_env", "Env.save", ("self",)), "Env.save(self, filename)"),
    ],
)
def test_an_avocado_vt_that_differs_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, part: Internal, problem: str
) -> None:
    monkeypatch.setattr(patched_internals, "INTERNALS", (part,))
    with pytest.raises(BadConfiguration, match=f"Avocado-VT 113.*: got {re.escape(problem)}, "):
        patched_internals.check()


def test_another_version_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patched_internals, "version", lambda _: "114.0")
    with pytest.raises(
        BadConfiguration, match=r"got version 114\.0, expected it as in version 113"
    ):
        patched_internals.check()


def test_the_one_that_is_installed_is_known() -> None:
    patched_internals.check()


def test_a_test_stores_nothing_and_sniffs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for owner, name in (
        (utils_env.Env, "save"),
        (utils_env.Env, "start_ip_sniffing"),
        (qemu_vm, "CREATE_LOCK_FILENAME"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    patched_internals.for_a_test(tmp_path / "create.lock")
    env = utils_env.Env(str(tmp_path / "env"))
    env.start_ip_sniffing({})
    env.save()
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path / "create.lock") == qemu_vm.CREATE_LOCK_FILENAME


class _VM:
    """Keeps what Avocado-VT's modules have while create() runs."""

    def create(self, **arguments: str) -> None:
        began = time.monotonic()
        qemu_vm.time.sleep(10)
        self.slept_s = time.monotonic() - began
        self.arguments = arguments
        self.had = (qemu_vm.aexpect, qemu_monitor.wait_for_create_monitor)
        self.make = qemu_vm.VM.make_create_command


def test_a_vm_is_started_without_pauses_and_all_is_put_back() -> None:
    before = (qemu_vm.aexpect, qemu_vm.time, qemu_monitor.time, qemu_vm.VM.make_create_command)
    vm = _VM()
    vm_start.create(vm, name="a")
    assert vm.slept_s < 5
    assert vm.arguments == {"name": "a"}
    assert vm.had[0] is not aexpect
    assert vm.had[1] is vm_start._monitor
    assert vm.make is vm_start._without_bridges
    after = (qemu_vm.aexpect, qemu_vm.time, qemu_monitor.time, qemu_vm.VM.make_create_command)
    assert after == before


def test_a_monitor_that_never_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise qemu_monitor.MonitorConnectError("qmp")

    monkeypatch.setattr(qemu_monitor, "create_monitor", refuse)
    vm = SimpleNamespace(process=SimpleNamespace(is_alive=lambda: False))
    with pytest.raises(qemu_monitor.MonitorConnectError):
        vm_start._monitor(vm, "qmp", {}, 30)


def test_a_bridge_that_leads_to_a_device_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    used, device = (SimpleNamespace(get_children=lambda: [device]), SimpleNamespace())
    unused = SimpleNamespace(get_children=list)

    class Devices(list):  # type: ignore[type-arg]
        def get_by_params(self, params: dict[str, str]) -> list[Any]:
            return [one for one in (used, unused) if params["driver"] == vm_start.BRIDGES[0]]

    devices = Devices([used, unused, device])
    monkeypatch.setattr(vm_start, "_make_create_command", lambda *_, **__: (devices, "spice"))
    assert vm_start._without_bridges(None) == (devices, "spice")
    assert devices == [used, device]


def test_a_binary_is_asked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from virttest.test_setup import requirement_checks

    for owner, name in (
        (qcontainer, "process"),
        (utils_qemu, "process"),
        (requirement_checks, "a_process"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    program = tmp_path / "qemu"
    program.write_text(f"#!/bin/sh\necho asked | tee -a {tmp_path}/asked\n")
    program.chmod(0o755)
    qemu_probes.remember(program, DataFolder(tmp_path / "data"))
    for owner in (qcontainer.process, utils_qemu.process, requirement_checks.a_process):
        assert owner.run(f"{program} -help", shell=True).stdout_text == "asked\n"
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_what_is_installed_with_the_project_is_what_is_tested() -> None:
    asked = [line for line in requires("avocado-pin") or [] if line.startswith(f"{PACKAGE}<")]
    assert [line.partition("<")[2] for line in asked] == [f"{int(TESTED) + 1},>={TESTED}"]
