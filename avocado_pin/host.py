"""The host: which Debian packages it needs, and installing them.

Runs before anything is installed (`python3 -m avocado_pin.host`), so it imports only the
standard library and modules that do the same.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time

from avocado_pin import debian

# What a user needs, by what for.
PACKAGES = [
    "qemu-system-x86",  # guests
    "seabios",
    "openssh-client",  # sessions and copies, and the key
    "socat",  # the way of ssh into the guest
    "gcc",  # driver and workload
    "make",
    "libc6-dev",
    "binutils",
    "bc",  # kernel headers' build scripts
    "libelf1",
    "procps",  # Avocado-VT looks for QEMU with ps
    "kmod",  # depmod and modprobe for the guest's modules
    "cpio",  # the guest's initramfs
    "zstd",  # snapshots of booted guests
    "xz-utils",  # Avocado-VT's own list of mandatory programs, from here to diffutils
    "tcpdump",
    "netcat-openbsd",
    "iproute2",
    "iputils-arping",
    "diffutils",
    "libvirt-clients",  # virsh: Avocado-VT warns on every command without it
]
# What the project's own checks need besides.
CHECK_PACKAGES = ["clang-format", "gcc-multilib", "patch", "sparse"]


def missing(with_checks: bool = False) -> list[str]:
    """Return the Debian packages that have to be installed."""
    wanted = PACKAGES + (CHECK_PACKAGES if with_checks else [])
    found = debian.missing_packages(wanted)
    if importlib.util.find_spec("ensurepip") is None:
        found.append("python3-venv")
    return found


def _install(names: list[str]) -> int:
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and not sys.stdin.isatty():
        sudo.append("--non-interactive")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    for command in ("apt-get update", debian.install_command(names)):
        print(" ".join(["       ", *sudo, command, "..."]), flush=True)
        start = time.monotonic()
        words = [*sudo, *environment, *command.split(), "--quiet"]
        status = subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode
        if status:
            return status
        print(f"{time.monotonic() - start:6.1f}s {command.split()[1]}: done", flush=True)
    return 0


def main() -> int:
    """Install what is missing; without the right to, say the one command that would."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--with-checks", action="store_true", help="also for the project's checks")
    names = missing(parser.parse_args().with_checks)
    if not names:
        return 0
    if (os.geteuid() == 0 or shutil.which("sudo")) and _install(names) == 0:
        return 0
    print(f"Missing packages; run as root: {debian.install_command(names)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
