"""What the snapshot of a guest is made of: if any of it is different, the snapshot is stale."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from avocado_pin.base.kept_folders import fingerprint
from avocado_pin.base.paths import PACKAGE
from avocado_pin.variant import guest_key

# Of the host, whose CPU a guest under KVM has.
_CPU, _BOOT_ID = Path("/proc/cpuinfo"), Path("/proc/sys/kernel/random/boot_id")
# Of a test and not of the guest: whether others may use it after.
_NOT_COUNTED = {"reuse_guest"}
# Who makes QEMU's command line of the parameters, and who looked at the guest and gave it what it
# has.
_MAKER = "avocado-framework-plugin-vt"
_OWN_MAKERS = sorted(
    path
    for package in ("guest", "qemu", "trial", "vt")
    for path in (PACKAGE / package).rglob("*")
    if path.is_file() and path.parent.name != "__pycache__"
)


def key(params: Mapping[str, str], kvm: bool) -> str:
    """Return the key of the snapshot of the guest that a test with these parameters needs.

    :param params: all that Avocado-VT gets but what is of one job
    :param kvm: whether the guest runs on the host's own CPU, whose features it then has
    """
    counted = {name: value for name, value in params.items() if name not in _NOT_COUNTED}
    files = [Path(params[name]).stat() for name in ("qemu_binary", "kernel", "initrd")]
    more = [f"{file.st_size} {file.st_mtime_ns}" for file in files]
    more += [version(_MAKER), fingerprint(_OWN_MAKERS)]
    return guest_key.of(counted, *more, *(_host() if kvm else ()))


def _host() -> list[str]:
    cpu = _CPU.read_text().partition("\n\n")[0]
    kept = [line for line in cpu.splitlines() if line.startswith(("model", "flags", "microcode"))]
    return [*kept, _BOOT_ID.read_text()]
