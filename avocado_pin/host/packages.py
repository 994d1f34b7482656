"""The host: which programs and libraries it needs, and installing the packages that have them.

Runs before anything is installed (`python3 -m avocado_pin.host.packages`), also by an older Python
than the project's, so it imports only the standard library.
"""

# What Python 3.8 can't evaluate in annotations it then need not.
from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)
# A slow mirror and a slow disk; an apt that hangs for longer will not come back.
INSTALL_TIMEOUT_S = 3600
# Where programs are that an ordinary user's PATH may lack.
_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True)
class Need:
    """What the host must have.

    It is asked for by what it is, and not by its package's name, which differs between releases:
    what Debian 12 calls libelf1 is in libelf1t64 from Debian 13 on, whose apt takes either name.

    :param package: that has it, as Debian and Ubuntu name it
    :param programs: found in PATH
    :param files: patterns below /, each of a file that must be there
    """

    package: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def is_met(self) -> bool:
        """Return whether the host has it."""
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM])
        return all(shutil.which(name, path=path) for name in self.programs) and all(
            any(Path("/").glob(pattern)) for pattern in self.files
        )


NEEDS = [
    Need("qemu-system-x86", programs=("qemu-system-x86_64",)),  # guests
    Need("seabios", files=("usr/share/seabios/bios-256k.bin",)),
    Need("openssh-client", programs=("ssh", "scp", "ssh-keygen")),  # sessions, copies, the key
    Need("socat", programs=("socat",)),  # the way of ssh into the guest
    Need("gcc", programs=("gcc",)),  # driver and workload
    Need("make", programs=("make",)),
    Need("libc6-dev", files=("usr/include/stdio.h", "usr/lib/*-linux-gnu/libc.a")),
    Need("binutils", programs=("ld", "strip", "readelf")),
    Need("bc", programs=("bc",)),  # kernel headers' build scripts
    Need("libelf1", files=("usr/lib/*-linux-gnu/libelf.so.1",)),
    Need("procps", programs=("ps",)),  # Avocado-VT looks for QEMU with ps
    Need("kmod", programs=("depmod", "modprobe")),  # for the guest's modules
    Need("cpio", programs=("cpio",)),  # the guest's initramfs
    Need("zstd", programs=("zstd",)),  # snapshots of booted guests
    Need("mount", programs=("mount",)),  # the way into the root of a compiler
    Need("debian-archive-keyring", files=(str(KEYRING)[1:],)),  # the guests' kernels
    # Avocado-VT's own list of mandatory programs, from here to diffutils.
    Need("xz-utils", programs=("xz",)),
    Need("tcpdump", programs=("tcpdump",)),
    Need("netcat-openbsd", programs=("nc",)),
    Need("iproute2", programs=("ip",)),
    Need("iputils-arping", programs=("arping",)),
    Need("diffutils", programs=("diff",)),
    Need("libvirt-clients", programs=("virsh",)),  # Avocado-VT warns on every command without it
]
# What programs for 32-bit callers are built with.
_FOR_32_BITS = Need(
    "gcc-multilib", files=("usr/lib/gcc/x86_64-linux-gnu/*/32/libgcc.a", "usr/lib32/libc.a")
)
# What the project's own checks need besides.
CHECK_NEEDS = [
    Need("clang-format", programs=("clang-format",)),
    _FOR_32_BITS,
    Need("patch", programs=("patch",)),
    Need("sparse", programs=("sparse",)),
]
# What trying the project on other hosts needs besides (make hosts).
HOSTS_NEEDS = [Need("mmdebstrap", programs=("mmdebstrap",))]
# The first that is there.
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
# What does the work of apt and dpkg elsewhere; see docs/hosts.md.
_PACKAGE_TOOLS = ("apt-get", "dpkg", "dpkg-deb")


def unfit() -> str:
    """Return why this can't be the host at all, in one line; nothing if it can."""
    absent = [name for name in _PACKAGE_TOOLS if not shutil.which(name)]
    if not absent:
        return ""
    container = "podman build -t avocado-pin . && podman run --rm -it --device /dev/kvm avocado-pin"
    return (
        f"host: got {name()} without {', '.join(absent)}, expected Debian or Ubuntu; in a "
        f"container: {container} (docs/hosts.md)"
    )


def name() -> str:
    """Return what the host's system calls itself."""
    return os_release().get("PRETTY_NAME", "an unknown system")


def os_release(root: Path = Path("/")) -> dict[str, str]:
    """Return what a system says of itself (os-release(5)); nothing if it does not.

    :param root: of the system
    """
    for place in _OS_RELEASE:
        try:
            text = (root / place).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        fields = (line.split("=", 1) for line in text.splitlines() if "=" in line)
        return {name: value.strip("'\"") for name, value in fields}
    return {}


def missing(with_checks: bool = False, with_hosts: bool = False) -> list[str]:
    """Return the packages that have what the host lacks."""
    needs = NEEDS + (CHECK_NEEDS if with_checks else []) + (HOSTS_NEEDS if with_hosts else [])
    return [need.package for need in needs if not need.is_met()] + _missing_python()


def builds_for_32_bits() -> bool:
    """Return whether the host's compiler can make programs for 32-bit callers."""
    return _FOR_32_BITS.is_met()


def install_line(names: list[str]) -> str:
    """Return the one line by which root installs packages on the host."""
    return " && ".join(_install_commands(names))


def _install_commands(names: list[str]) -> list[str]:
    """Return the commands that install packages: without its lists apt knows none."""
    return ["apt-get update", f"apt-get install --yes --no-install-recommends {' '.join(names)}"]


def _missing_python() -> list[str]:
    """Return the packages of a Python that is new enough, with venv."""
    if sys.version_info < OLDEST_PYTHON:
        newer = "python" + ".".join(map(str, OLDEST_PYTHON))
        return [] if shutil.which(newer) else [newer, f"{newer}-venv"]
    if importlib.util.find_spec("ensurepip") is None:
        return [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]
    return []


def _install(names: list[str]) -> int:
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and not sys.stdin.isatty():
        sudo.append("--non-interactive")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    for command in _install_commands(names):
        print(" ".join(["       ", *sudo, command, "..."]), flush=True)
        start = time.monotonic()
        words = [*sudo, *environment, *command.split(), "--quiet"]
        try:
            done = subprocess.run(
                words, stdout=subprocess.DEVNULL, check=False, timeout=INSTALL_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            print(f"{command}: got no end after {INSTALL_TIMEOUT_S} s", file=sys.stderr)
            return 1
        if done.returncode:
            return done.returncode
        print(f"{time.monotonic() - start:6.1f}s {command.split()[1]}: done", flush=True)
    return 0


def main() -> int:
    """Install what is missing; without the right to, say the one command that would."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--with-checks", action="store_true", help="also for the project's checks")
    parser.add_argument("--with-hosts", action="store_true", help="also for trying other hosts")
    options = parser.parse_args()
    if unfit():
        print(unfit(), file=sys.stderr)
        return 1
    names = missing(options.with_checks, options.with_hosts)
    if not names:
        return 0
    if (os.geteuid() == 0 or shutil.which("sudo")) and _install(names) == 0:
        left = missing(options.with_checks, options.with_hosts)
        if not left:
            return 0
        names = left
    print(f"Missing packages; run as root: {install_line(names)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
