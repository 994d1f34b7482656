"""KVM or TCG: decided by booting a guest, once for each boot of the host.

/dev/kvm can be there, let virtual machines and CPUs be created, and still never boot a stock
kernel, as a nested paravirtual one does: only a boot tells.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from avocado_pin import qemu
from avocado_pin.deadline import Deadline
from avocado_pin.guest_image import GuestImage
from avocado_pin.locks import exclusive
from avocado_pin.progress import step
from avocado_pin.store import fingerprint, write_atomically
from avocado_pin.variant import Variant

LOG = logging.getLogger("avocado.app")
KVM_DEVICE = Path("/dev/kvm")
# A guest under real KVM is up in seconds.
PROBE_TIMEOUT_S = 30


@dataclass(frozen=True)
class Choice:
    """An accelerator (kvm or tcg) and why it was chosen."""

    accelerator: str
    reason: str


def chosen(variant: Variant, data: Path, image: GuestImage) -> Choice:
    """Return the accelerator a variant runs under."""
    if variant.accelerator != "auto":
        return Choice(variant.accelerator, "the variant asks for it")
    return choose(data, image)


def choose(data: Path, image: GuestImage) -> Choice:
    """Return the accelerator for this host, QEMU and kernel, remembered until the next boot."""
    path = data / "accelerator.json"
    binary = qemu.binary(image.architecture)
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    rights = str(os.access(KVM_DEVICE, os.R_OK | os.W_OK))
    key = fingerprint(
        [boot_id, str(binary), str(qemu.version(binary)), image.kernel.release, rights]
    )
    with exclusive(data / "accelerator.lock", Deadline(4 * PROBE_TIMEOUT_S)):
        choice = _remembered(path, key)
        if choice is None:
            with step("trying KVM"):
                choice = _probe(image)
            LOG.info("        guests run under %s: %s", choice.accelerator, choice.reason)
            record = {"key": key, "accelerator": choice.accelerator, "reason": choice.reason}
            write_atomically(path, json.dumps(record) + "\n")
    return choice


def _remembered(path: Path, key: str) -> Choice | None:
    try:
        record = json.loads(path.read_text())
        if record["key"] == key:
            return Choice(record["accelerator"], record["reason"])
    except (OSError, ValueError, KeyError):
        pass  # Nothing to remember from: probe again.
    return None


def _probe(image: GuestImage) -> Choice:
    if not KVM_DEVICE.exists():
        return Choice("tcg", f"the host has no {KVM_DEVICE}")
    if not os.access(KVM_DEVICE, os.R_OK | os.W_OK):
        return Choice("tcg", f"no right to open {KVM_DEVICE}")
    booted, reason = qemu.boots(image, "kvm", PROBE_TIMEOUT_S)
    if booted:
        return Choice("kvm", reason)
    return Choice("tcg", f"{KVM_DEVICE} is there, but {reason}")
