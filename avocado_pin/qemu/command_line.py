"""QEMU: which binary, which accelerator settings are safe, and what Avocado-VT is told of a guest.

The only module that knows QEMU's options and monitor.
"""

import re
import shlex
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from avocado_pin.base.command import run
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import BadConfiguration, GuestLost
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.variant.layout import Layout
from avocado_pin.variant.variant import Variant

BINARIES = {"amd64": "qemu-system-x86_64"}
PACKAGES = {"amd64": "qemu-system-x86"}
MACHINES = {"amd64": "q35"}
# The model with every feature the accelerator can give; and one that any kernel knows all of, for
# one that does not boot on the first.
CPU_MODELS = {"amd64": ("max", "qemu64")}
# But not fast strings: the kernel clears and copies pages byte by byte on a CPU that says it has
# them (arch/x86/lib/clear_page_64.S, copy_user_64.S), which emulation then does.
EMULATED_CPU_FLAGS = {"amd64": "erms=off,fsrm=off"}
# The kernel makes ZONE_MOVABLE of the highest zone's memory only (find_usable_zone_for_movable() in
# mm/page_alloc.c), which is what lies above 4 GiB: some of each node must. QEMU adds the options of
# all -machine up.
MACHINE_OF_MOVABLE = "-machine max-ram-below-4g=512M"
# A q35 machine of 2.75 GiB or more has 2 GiB of its memory below 4 GiB and the rest above
# (pc_q35_init() in hw/i386/pc_q35.c), so that what is beyond the hole lies so much higher.
HOLE_MIB = 2048
# Printed by the guest's init (avocado_pin/initramfs/files/init) when its ssh server listens.
UP_MARK = "pin-guest: up"
# Crashes of several guests at once were seen with multi-threaded TCG in 7.2 (5 of 32 boots of
# Linux 7.3) and never in 10.0.2 (0 of 24); single-threaded never (0 of 66).
FIRST_SAFE_MULTI_THREADED_TCG = (10, 0, 0)
# A console of emergencies to warnings: evidence of what went wrong, and little output to emulate.
# Programs at the same addresses each time: TCG translates code for each address anew and keeps it,
# and a page with the code of a thousand starts took 9 s to be cleared once compaction had moved its
# contents away and freed it (page_collection_lock() in accel/tcg/translate-all.c of QEMU 7.2). The
# kernel at the same address each time: its zero page is then always on node 0.
# No check that the timer ticks ten times in a moment, as the kernel does without under KVM
# (check_timer() in arch/x86/kernel/apic/io_apic.c, kvm_guest_init()): one of 32 emulated guests at
# once on two cores panicked by it.
KERNEL_ARGS = "console=ttyS0 loglevel=5 panic=-1 norandmaps nokaslr no_timer_check"

# Avocado-VT would put it behind a root port of its own, with an option ROM, and give it an address
# by chance: the guest would boot for longer, and not as the one before.
NETWORK = "-netdev user,id=net0 -device virtio-net-pci,netdev=net0,bus=pcie.0,romfile="


def binary(architecture: str) -> Path:
    """Return the path of the QEMU for guests of a Debian architecture.

    :raises BadConfiguration: it is not installed
    """
    name = BINARIES[architecture]
    path = shutil.which(name)
    if not path:
        raise BadConfiguration(
            "QEMU",
            got=f"no {name} in PATH",
            expected="it to be installed",
            look_at=f"apt-get install {PACKAGES[architecture]}",
        )
    return Path(path)


@cache
def version(qemu: Path) -> tuple[int, int, int]:
    """Return a QEMU binary's version.

    :raises BadConfiguration: it does not say
    """
    shown = run([qemu, "--version"], thing="QEMU's version", timeout_s=60)
    match = re.search(r"version (\d+)\.(\d+)\.(\d+)", shown)
    if not match:
        raise BadConfiguration(
            "QEMU's version", got=repr(shown[:80]), expected="version X.Y.Z", look_at=qemu
        )
    return int(match[1]), int(match[2]), int(match[3])


def accelerator_option(accelerator: str, qemu: Path) -> str:
    """Return what to give to QEMU's -accel.

    :param accelerator: kvm or tcg
    """
    if accelerator == "kvm":
        return "kvm"
    multi = version(qemu) >= FIRST_SAFE_MULTI_THREADED_TCG
    return f"tcg,thread={'multi' if multi else 'single'}"


def guest_params(
    variant: Variant, image: GuestImage, accelerator: str, cpu_model: str
) -> dict[str, str]:
    """Return the parameters with which Avocado-VT builds the guest's QEMU command.

    Memory is one memory-backend-ram a node: new machine types refuse -numa node,mem=. No port is
    forwarded here: Avocado-VT's redirections listen on all addresses (see forward_ssh()).

    :param accelerator: kvm or tcg
    :param cpu_model: one of CPU_MODELS
    """
    qemu = binary(image.architecture)
    layout = variant.layout
    params = {
        "qemu_binary": str(qemu),
        "machine_type": MACHINES[image.architecture],
        "cpu_model": cpu_model,
        "cpu_model_flags": EMULATED_CPU_FLAGS[image.architecture] if accelerator == "tcg" else "",
        "auto_cpu_model": "no",
        "enable_kvm": "no",
        "extra_params": " ".join(_extra(variant, accelerator_option(accelerator, qemu))),
        "kernel": str(image.kernel.image),
        "initrd": str(image.initramfs),
        "kernel_params": _kernel_args(variant),
        "smp": str(len(layout.cpus)),
        "vcpu_sockets": str(_sockets(layout)),
        "vcpu_threads": "1",
        "mem": str(layout.mem_mib),
        "use_mem": "no",
        "mem_devs": " ".join(f"node{node.number}" for node in layout.nodes if node.mem_mib),
        "guest_numa_nodes": " ".join(f"node{node.number}" for node in layout.nodes),
        # See NETWORK.
        "nics": "",
        # See console_option().
        "serials": "",
        "monitors": "qmp",
        "monitor_type": "qmp",
        "chardev_backend_qmp": "unix_socket",
        # Avocado-VT has no word for no display: QEMU would serve VNC. It is among extra_params.
        "display": "none",
        "vga": "none",
        "defaults": "no",
    }
    for node in layout.nodes:
        params.update(_node_params(node.number, node.mem_mib, sorted(node.cpus)))
        if layout.distances:
            row = [[to, value] for to, value in enumerate(layout.distances[node.number])]
            params[f"numa_dist_node{node.number}"] = str(row)
    return params


def _extra(variant: Variant, accelerator: str) -> list[str]:
    """Options that Avocado-VT has no parameter for."""
    options = ["-accel", accelerator, "-display none", "-no-reboot", NETWORK]
    return [*options, MACHINE_OF_MOVABLE] if variant.movable_mib else options


def _kernel_args(variant: Variant) -> str:
    args = [KERNEL_ARGS]
    if variant.movable_mib:
        # Documentation/admin-guide/kernel-parameters.txt: spread evenly over the nodes.
        args.append(f"movablecore={variant.movable_mib}M")
    if variant.layout.lower_tier:
        size_mib = variant.layout.nodes[-1].mem_mib
        start_mib = HOLE_MIB + variant.layout.mem_mib - size_mib
        args.append(f"memmap={size_mib}M!{start_mib}M")
    return " ".join([*args, variant.kernel_args]).strip()


def _sockets(layout: Layout) -> int:
    """A socket for each node with CPUs if they are alike, else for each CPU.

    A socket across nodes makes the kernel warn (topology_sane() in arch/x86/kernel/smpboot.c).
    """
    sizes = [len(node.cpus) for node in layout.nodes if node.cpus]
    return len(sizes) if len(set(sizes)) == 1 else len(layout.cpus)


def _node_params(number: int, mem_mib: int, cpus: list[int]) -> dict[str, str]:
    name = f"node{number}"
    params = {f"numa_nodeid_{name}": str(number)}
    if cpus:
        # Avocado-VT writes each comma-separated part as a cpus= of its own.
        params[f"numa_cpus_{name}"] = ",".join(map(str, cpus))
    if mem_mib:
        params[f"numa_memdev_{name}"] = f"mem-{name}"
        params[f"size_mem_{name}"] = f"{mem_mib}M"
        params[f"backend_mem_{name}"] = "memory-backend-ram"
    return params


def console_option(file: Path) -> str:
    """Return the options for a console that QEMU itself writes to a file.

    Avocado-VT would have a process of the test read it, which the guest may outlive.
    """
    return f"-chardev file,id=console,path={file},append=on -device isa-serial,chardev=console"


# The state of a guest of two nodes, 4 GiB, was written in 1.5 s and read in 0.6 s.
STATE_TIMEOUT_S = 60.0
_STATE_POLL_S = 0.05


def save_state(vm: Any, file: Path) -> None:
    """Write the state of a running guest to a file; the guest goes on then.

    :param vm: Avocado-VT's VM
    :raises MonitorError: QEMU refuses or does not answer
    :raises TimeoutError: it takes too long
    :raises OSError: it can't be written
    """
    try:
        # Stopped, so that it is written once and not again where the guest meanwhile wrote to it.
        _tell(vm, "stop")
        _tell(vm, "migrate-set-parameters", {"max-bandwidth": 1 << 40})
        _tell(vm, "migrate", {"uri": f"exec:zstd -q -T0 -1 -c >{shlex.quote(str(file))}"})
        _wait_for_state(vm, Deadline(STATE_TIMEOUT_S))
    except BaseException:
        _tell(vm, "migrate_cancel")
        raise
    finally:
        _tell(vm, "cont")


def incoming(file: Path) -> dict[str, str]:
    """Return the arguments of Avocado-VT's create() for a guest whose state is in a file."""
    command = f"zstd -q -dc {shlex.quote(str(file))}"
    return {"migration_mode": "exec", "migration_exec_cmd": command}


def go_on(vm: Any, deadline: Deadline) -> None:
    """Wait until QEMU has read a guest's state, and let the guest go on.

    :param vm: Avocado-VT's VM, created with incoming()
    :raises MonitorError: QEMU refuses, ends, or does not answer
    :raises OSError: it can't read the state
    :raises TimeoutError: it takes too long
    """
    _wait_for_state(vm, deadline)
    _tell(vm, "cont")


def _tell(vm: Any, command: str, arguments: dict[str, Any] | None = None) -> None:
    """Give QEMU a command. Avocado-VT would wait a quarter of an hour for one that hangs."""
    vm.monitor.cmd(command, arguments, timeout=STATE_TIMEOUT_S)


def _wait_for_state(vm: Any, deadline: Deadline) -> None:
    while True:
        answer = vm.monitor.cmd("query-migrate", timeout=STATE_TIMEOUT_S, debug=False)
        status = answer.get("status")
        if status == "completed":
            return
        if status in ("failed", "cancelled"):
            raise OSError(f"QEMU's migration: got {status}, expected completed")
        if deadline.expired:
            raise TimeoutError(f"QEMU's migration: got {status} after {deadline.seconds:g} s")
        time.sleep(_STATE_POLL_S)


def wait_until_parted(vm: Any, deadline: Deadline) -> None:
    """Wait until both ends of every connection into the guest have closed it.

    :param vm: Avocado-VT's VM
    :raises MonitorError: QEMU does not answer
    :raises TimeoutError: one is left
    """
    while left := connections(str(vm.monitor.human_monitor_cmd("info usernet", debug=False))):
        if deadline.expired:
            raise TimeoutError(f"connections into the guest: got {', '.join(left)}, expected none")
        time.sleep(_STATE_POLL_S)


def connections(usernet: str) -> list[str]:
    """Return the states of the TCP connections that 'info usernet' shows, but those that are over.

    One that the host's end closed first is in TIME_WAIT once the guest's end has, too.
    """
    states = re.findall(r"TCP\[(\w+)\]", usernet)
    return [state for state in states if state not in ("HOST_FORWARD", "TIME_WAIT")]


def forward_ssh(vm: Any) -> int:
    """Forward a port of 127.0.0.1 to the guest's ssh, and return it.

    QEMU takes a free port by itself, so no two guests can want the same.

    :param vm: Avocado-VT's VM, running
    :raises GuestLost: QEMU does not say which port
    """
    refused = vm.monitor.human_monitor_cmd("hostfwd_add tcp:127.0.0.1:0-:22")
    shown = vm.monitor.human_monitor_cmd("info usernet")
    port = forwarded_port(str(shown))
    if port is None:
        raise GuestLost(
            "the guest's ssh port",
            got=f"no forwarded port: {refused or shown!r}",
            expected="a line TCP[HOST_FORWARD] in 'info usernet'",
            look_at="qemu_command.txt",
        )
    return port


def forwarded_port(usernet: str) -> int | None:
    """Return the host's port of the TCP forward that 'info usernet' shows.

    :param usernet: lines of: TCP[HOST_FORWARD] FD ADDRESS PORT ADDRESS PORT RECV-Q SEND-Q
    """
    match = re.search(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)", usernet)
    return int(match[1]) if match else None


@dataclass(frozen=True)
class Attempt:
    """How a trial boot ended.

    :param up: whether the guest came up
    :param how: in words
    :param crashed: whether QEMU itself did not survive it
    """

    up: bool
    how: str
    crashed: bool = False


def boots(image: GuestImage, accelerator: str, cpu_model: str, timeout_s: float) -> Attempt:
    """Boot a minimal guest and return whether it came up.

    :param accelerator: kvm or tcg
    :param cpu_model: one of CPU_MODELS
    :param timeout_s: seconds until the guest counts as hanging
    """
    qemu = binary(image.architecture)
    command: list[str | Path] = [
        *(qemu, "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
        *("-machine", MACHINES[image.architecture], "-cpu", cpu_model),
        *("-accel", accelerator_option(accelerator, qemu), "-m", "512"),
        *("-kernel", image.kernel.image, "-initrd", image.initramfs),
        *("-append", KERNEL_ARGS),
    ]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            return _came_up(process, output, Deadline(timeout_s))
        finally:
            process.kill()
            process.wait()


def _came_up(process: "subprocess.Popen[bytes]", output: Any, deadline: Deadline) -> Attempt:
    while True:
        ended = process.poll() is not None
        output.seek(0)
        text = output.read().decode(errors="replace")
        if UP_MARK in text:
            return Attempt(True, "a guest boots with it")
        last = (text.strip().splitlines() or ["QEMU printed nothing"])[-1]
        if ended:
            how = f"QEMU ended with {process.returncode}: {last}"
            return Attempt(False, how, crashed=process.returncode < 0)
        if deadline.expired:
            how = f"no guest was up after {deadline.seconds:g} s; last words: {last}"
            return Attempt(False, how)
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            pass
