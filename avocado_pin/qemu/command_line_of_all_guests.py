"""The command line of a guest's QEMU, as the parameters of which Avocado-VT makes it."""

from pathlib import Path

from avocado_pin.base import architecture
from avocado_pin.base.architecture import Architecture
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import binary
from avocado_pin.variant.numa_nodes import Layout
from avocado_pin.variant.variant import Variant

# Printed by the guest's init (avocado_pin/initramfs/files/init) when its ssh server listens.
UP_MARK = "pin-guest: up"
# A console of emergencies to warnings: evidence of what went wrong, and little output to emulate.
# Programs at the same addresses each time: TCG translates code for each address anew and keeps it,
# and a page with the code of a thousand starts took 9 s to be cleared once compaction had moved its
# contents away and freed it (page_collection_lock() in accel/tcg/translate-all.c of QEMU 7.2). The
# kernel at the same address each time: its zero page is then always on node 0.
KERNEL_ARGS = "loglevel=5 panic=-1 norandmaps nokaslr"

# Avocado-VT would put it behind a root port of its own, with an option ROM, and give it an address
# by chance: the guest would boot for longer, and not as the one before.
NETWORK = "-netdev user,id=net0 -device virtio-net-pci,netdev=net0,bus=pcie.0,romfile="


def guest_params(
    variant: Variant, image: GuestImage, accelerator: str, cpu_model: str
) -> dict[str, str]:
    """Return the parameters with which Avocado-VT builds the guest's QEMU command.

    Memory is one memory-backend-ram a node: new machine types refuse -numa node,mem=. No port is
    forwarded here: Avocado-VT's redirections listen on all addresses (see forward_ssh()).

    :param accelerator: kvm or tcg
    :param cpu_model: one of the architecture's
    """
    arch = architecture.of(image.architecture)
    qemu = binary.find(arch)
    layout = variant.layout
    params = {
        "qemu_binary": str(qemu),
        "machine_type": arch.machine,
        "cpu_model": cpu_model,
        "cpu_model_flags": arch.emulated_cpu_flags if accelerator == "tcg" else "",
        "auto_cpu_model": "no",
        "enable_kvm": "no",
        "extra_params": " ".join(
            _extra(arch, variant, binary.accelerator_option(accelerator, qemu))
        ),
        "kernel": str(image.kernel.image),
        "initrd": str(image.initramfs),
        "kernel_params": _kernel_args(arch, variant),
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


def _extra(arch: Architecture, variant: Variant, accelerator: str) -> list[str]:
    """Options that Avocado-VT has no parameter for."""
    options = ["-accel", accelerator, "-display none", "-no-reboot", NETWORK]
    return [*options, arch.machine_of_movable] if variant.movable_mib else options


def _kernel_args(arch: Architecture, variant: Variant) -> str:
    args = [kernel_args(arch)]
    if variant.movable_mib:
        # Documentation/admin-guide/kernel-parameters.txt: spread evenly over the nodes.
        args.append(f"movablecore={variant.movable_mib}M")
    if variant.layout.lower_tier:
        size_mib = variant.layout.nodes[-1].mem_mib
        start_mib = arch.hole_mib + variant.layout.mem_mib - size_mib
        args.append(arch.lower_tier_arg.format(size=size_mib, start=start_mib))
    return " ".join([*args, variant.kernel_args]).strip()


def kernel_args(arch: Architecture) -> str:
    """Return what each guest's kernel is given."""
    return f"console={arch.console} {KERNEL_ARGS} {arch.kernel_args}"


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


def console_option(arch: Architecture, file: Path) -> str:
    """Return the options for a console that QEMU itself writes to a file.

    Avocado-VT would have a process of the test read it, which the guest may outlive.
    """
    chardev = f"-chardev file,id=console,path={file},append=on"
    return f"{chardev} -device {arch.console_device},chardev=console"
