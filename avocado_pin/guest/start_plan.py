"""From a variant's parameters to those with which Avocado-VT starts its guest.

The runner prepares a test and hands it on to the process that it forks for it, where nothing is
read or decided a second time.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from avocado_pin.base import architecture, leftover_processes
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import DataFolder, source
from avocado_pin.guest import snapshot_staleness
from avocado_pin.kernels import boot_files
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import accelerator, command_line_of_all_guests, running
from avocado_pin.qemu.accelerator import Choice
from avocado_pin.variant import (
    avocado_vt_params,
    guest_key,
    read_and_check_params,
    refuse_unknown_names,
)
from avocado_pin.variant.variant import Variant

# Avocado-VT's own settings that do not depend on the variant: the test itself starts and stops
# the guest, and nothing is probed, recorded or checked that the rules do not use.
VT_PARAMS = {
    "start_vm": "no",
    # Or QEMU is started with its CPUs stopped, and Avocado-VT lets 2 s pass before it starts them.
    "qemu_stop": "off",
    "kill_vm": "yes",
    "kill_vm_gracefully": "no",
    "kill_unresponsive_vms": "no",
    "env_cleanup": "yes",
    "images": "",
    "cdroms": "",
    "usbs": "",
    "verify_host_dmesg": "no",
    "verify_guest_dmesg": "no",
    "take_regular_screendumps": "no",
    "store_vm_info": "no",
    "run_tcpdump": "no",
    "enable_debugcon": "no",
    "username": "root",
    "password": "",
    "shell_client": "ssh",
    "shell_port": "22",
    "shell_prompt": r"^[\#\$]\s*$|[\#\$] $",
    "shell_linesep": r"\n",
    "status_test_command": "echo $?",
    "file_transfer_client": "scp",
    "file_transfer_port": "22",
    "os_type": "linux",
    "inactivity_watcher": "none",
}


@dataclass(frozen=True)
class StartPlan:
    """A test that is ready to run.

    :param params: all parameters Avocado-VT gets
    :param data: the folder of all that set-up made
    :param image: what the guest boots from
    :param choice: KVM or TCG
    :param key: what the guest is made from, the same for tests of a job that can share one; empty
        if it can't be shared
    :param snapshot: what the guest is made from, the same in all jobs
    :param folder: the guest's
    :param asked: the parameters that the variant was read from
    """

    variant: Variant
    params: dict[str, str]
    data: DataFolder
    image: GuestImage
    choice: Choice
    key: str = ""
    snapshot: str = ""
    folder: Path = Path()
    asked: Mapping[str, str] = field(default_factory=dict)

    def in_folders(self, guest: Path, test: Path) -> "StartPlan":
        """Return the test with a folder for its guest and one for itself."""
        arch = architecture.of(self.image.architecture)
        console = command_line_of_all_guests.console_option(arch, guest / running.CONSOLE)
        params = {
            **self.params,
            "extra_params": f"{self.params['extra_params']} {console}",
            # For who reads the test's log.
            "pin_guest_folder": str(guest),
            "pin_snapshot_key": self.snapshot,
            "env": str(test / "env"),
        }
        return replace(self, params=params, folder=guest)


_handed_on: list[StartPlan] = []


def hand_on(plan: StartPlan) -> None:
    """Leave the plan of a test for the process that is forked from this one to run it."""
    _handed_on[:] = [plan]


def handed_on() -> StartPlan:
    """Return the test that this process is to run.

    :raises BadConfiguration: the process was not forked by this project's runner
    """
    if not _handed_on:
        raise BadConfiguration(
            "the test",
            got="a runner of another kind",
            expected="avocado run with one of the names that avocado list shows",
            look_at="README.md",
        )
    return _handed_on[0]


def plan_start(params: Mapping[str, str]) -> StartPlan:
    """Return the test with the parameters of its guest added; those of the variant itself win.

    Puts the guests' ssh first in PATH.

    :raises PinError: a parameter is wrong, or a part of the set-up is missing
    :raises NotApplicable: the kernel was never fetched
    """
    # A recipe's were not looked at when its name was resolved.
    refuse_unknown_names.refuse_in_cell(params)
    cell = read_and_check_params.from_params(params)
    data = DataFolder(Path(params[refuse_unknown_names.DATA_DIR]))
    image = boot_files.load(data, cell.kernel, cell.kernel_flavour, cell.kernel_config)
    choice = accelerator.chosen(cell, data, image)
    guest = command_line_of_all_guests.guest_params(
        cell, image, choice.accelerator, choice.cpu_model
    )
    os.environ["PATH"] = f"{data.ssh / 'bin'}:{os.environ['PATH']}"
    added = {**VT_PARAMS, **guest, "other_tests_dirs": str(source("tests").parent)}
    asked = {name: value for name, value in params.items() if name != refuse_unknown_names.DATA_DIR}
    # Avocado-VT's own parameter of that name is the kernel's file.
    chosen = avocado_vt_params.chosen(params)
    final = {**added, **params, **chosen, "kernel": guest["kernel"]}
    kept = snapshot_staleness.key(final, kvm=choice.accelerator == "kvm")
    return StartPlan(cell, final, data, image, choice, _key(cell, final), kept, asked=asked)


def _key(cell: Variant, params: Mapping[str, str]) -> str:
    # Only a job stops the guests that its tests leave for each other.
    job = os.environ.get(leftover_processes.JOB)
    if not job or not cell.reuse_guest:
        return ""
    binary = Path(params["qemu_binary"]).stat()
    return guest_key.of(params, job, str(binary.st_size), str(binary.st_mtime_ns))
