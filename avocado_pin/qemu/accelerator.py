"""KVM or TCG: decided by booting a guest, once for each boot of the host and each kernel.

/dev/kvm can be there, let virtual machines and CPUs be created, and still never boot a stock
kernel, as a nested paravirtual one does: only a boot tells. A kernel can also dislike what the
newest CPUs have, which an older model then hides from it.
"""

import grp
import json
import logging
import os
import pwd
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from avocado_pin.base import architecture
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.kept_folders import fingerprint, write_atomically
from avocado_pin.base.locks import exclusive
from avocado_pin.base.paths import DataFolder
from avocado_pin.base.progress import step
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import binary, does_it_boot
from avocado_pin.variant.variant import Variant

LOG = logging.getLogger("avocado.app")
KVM_DEVICE = Path("/dev/kvm")
# A guest under real KVM is up in seconds.
PROBE_TIMEOUT_S = 30
_LOCK_TIMEOUT_S = 4 * PROBE_TIMEOUT_S


@dataclass(frozen=True)
class Choice:
    """An accelerator (kvm or tcg), why it was chosen, and the CPU model that guests get."""

    accelerator: str
    reason: str
    cpu_model: str


def chosen(variant: Variant, data: DataFolder, image: GuestImage) -> Choice:
    """Return the accelerator a variant runs under."""
    if variant.accelerator != "auto":
        model = architecture.of(image.architecture).cpu_models[0]
        return Choice(variant.accelerator, "the variant asks for it", model)
    return choose(data, image)


def choose(data: DataFolder, image: GuestImage, again: bool = False) -> Choice:
    """Return the accelerator for this host, QEMU and kernel, remembered until the next boot.

    :param again: whether KVM is to be tried anew: what stood in its way may have passed
    """
    path = data.accelerators
    host, release = _host(image), image.kernel.release
    with exclusive(data.accelerator_lock, Deadline(_LOCK_TIMEOUT_S)):
        known = {} if again else _remembered(path, host)
        if release not in known:
            known[release] = _useless(known) or _tried(image)
            choices = {name: asdict(choice) for name, choice in known.items()}
            write_atomically(path, json.dumps({"host": host, "choices": choices}) + "\n")
    return known[release]


def _host(image: GuestImage) -> str:
    """Return what choices hold for: a boot of the host, a QEMU, and whether KVM may be used."""
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    qemu = binary.find(architecture.of(image.architecture))
    rights = str(os.access(KVM_DEVICE, os.R_OK | os.W_OK))
    return fingerprint([boot_id, str(qemu), str(binary.version(qemu)), rights])


def _remembered(path: Path, host: str) -> dict[str, Choice]:
    """Return the choices by the kernel's release."""
    try:
        record = json.loads(path.read_text())
        if record["host"] == host:
            return {release: Choice(**choice) for release, choice in record["choices"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # Nothing to remember from: probe again.
    return {}


def _useless(known: dict[str, Choice]) -> Choice | None:
    """Return why KVM is not tried any more: with the first kernel that was tried it did not boot.

    A KVM that hangs would else take its time with each kernel.
    """
    first = next(iter(known.values()), None)
    return first if first and first.accelerator == "tcg" else None


def _tried(image: GuestImage) -> Choice:
    with step(f"trying KVM with {image.kernel.release}"):
        choice = _probe(image)
    LOG.info("        guests run under %s: %s", choice.accelerator, choice.reason)
    return choice


def _probe(image: GuestImage) -> Choice:
    models = architecture.of(image.architecture).cpu_models
    closed = _closed()
    if closed:
        return Choice("tcg", closed, models[0])
    first = does_it_boot.boots(image, "kvm", models[0], PROBE_TIMEOUT_S)
    if first.up:
        return Choice("kvm", first.how, models[0])
    for model in [] if first.crashed else models[1:]:
        if does_it_boot.boots(image, "kvm", model, PROBE_TIMEOUT_S).up:
            return Choice("kvm", f"CPU model {model} boots; with {models[0]}, {first.how}", model)
    return Choice("tcg", f"{KVM_DEVICE} is there, but {first.how} (see docs/kvm.md)", models[0])


def _closed() -> str:
    """Return why KVM can't even be tried, and what to do about it; nothing if it can."""
    if not KVM_DEVICE.exists():
        return (
            f"the host has no {KVM_DEVICE}: modprobe kvm_intel or kvm_amd, with virtualization on "
            "in the firmware; a virtual machine's host must pass it on, a container be started "
            f"with --device {KVM_DEVICE}"
        )
    if os.access(KVM_DEVICE, os.R_OK | os.W_OK):
        return ""
    return f"no right to open {KVM_DEVICE}: {_remedy(KVM_DEVICE.stat().st_gid, os.geteuid())}"


def _remedy(group_id: int, user_id: int) -> str:
    """Return the command that gives a user the right to open the device.

    :param group_id: of the device
    """
    if user_id == 0:
        # Only in a user namespace: a rootless container, whose groups are not those of its user.
        return "start the container as a user who may open it, by --group-add keep-groups (podman)"
    user, group = str(user_id), None
    with suppress(KeyError):
        group = grp.getgrgid(group_id)
    with suppress(KeyError):
        user = pwd.getpwuid(user_id).pw_name
    if group is None or group.gr_name == "root":
        return f"sudo setfacl -m u:{user}:rw {KVM_DEVICE} (of the package acl)"
    if user in group.gr_mem:
        return f"{user} is in its group {group.gr_name} since the last login: log in again"
    return f"sudo usermod --append --groups {group.gr_name} {user}, then log in again"
