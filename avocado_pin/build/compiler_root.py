"""A root with the compiler that builds the driver for kernels the host's own can't build for.

It is made of Debian's packages, unpacked and not installed: no root is needed, and nothing of the
host is touched. Programs run in it by chroot in a user namespace of their own.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import BadConfiguration, DeploymentFailed
from avocado_pin.base.kept_folders import fingerprint, make_once
from avocado_pin.base.paths import PACKAGE
from avocado_pin.debian.apt_root import AptRoot
from avocado_pin.debian.deb_archives import lay_out

# One compiler builds for all kernels from 5.10 to 7.3.
COMPILER = "gcc-14"
# The programs of the kernels' build scripts (a whole perl for kernel-doc, which W=1 starts up to
# 6.12); apt follows their libraries, but takes what is essential in a Debian system for granted.
PACKAGES = [
    *(COMPILER, "binutils", "make", "pahole", "perl", "kmod", "xz-utils"),
    *("libelf1t64", "libssl3t64", "zlib1g"),
    *("base-files", "bash", "coreutils", "dash", "diffutils", "findutils", "grep", "gzip"),
    *("hostname", "mawk", "sed", "tar"),
]
# What maintainer scripts would have linked.
LINKS = {"usr/bin/awk": "mawk", "usr/bin/gcc": COMPILER, "usr/bin/cc": COMPILER}
_ENTER = PACKAGE / "build" / "scripts" / "enter_root.sh"
# Ways to get a mount namespace in which chroot and mount are allowed.
_USER = ("unshare", "--user", "--map-root-user", "--mount")
_ROOT = ("unshare", "--mount")
_TRY_S = 60
# The sysctls by which kernels, Debian's and Ubuntu's among them, keep namespaces of users from
# ordinary ones: what forbids them, and what allows them.
_SYSCTLS = {
    "user.max_user_namespaces": ("0", "1000"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
}


def make(apt: AptRoot, folder: Path) -> Path:
    """Return the root, made once for each set of versions of its packages.

    :param folder: of all such roots
    :raises BadConfiguration: the host lets nobody enter it
    :raises DeploymentFailed: a package can't be had
    """
    _way_in()
    wanted = apt.resolve(PACKAGES)
    name = fingerprint(f"{p.name}={p.version}" for p in wanted)

    def fill(work: Path) -> None:
        lay_out(work)
        apt.unpack(wanted, work)
        for link, target in LINKS.items():
            (work / link).unlink(missing_ok=True)
            (work / link).symlink_to(target)
        for mountpoint in ("proc", "dev", "tmp"):
            (work / mountpoint).mkdir(exist_ok=True)

    return make_once(folder / name, fill)


def run_in(
    root: Path | None,
    folders: Sequence[Path],
    argv: Sequence[str | Path],
    thing: str,
    timeout_s: float,
) -> str:
    """Run a command in a root, or on the host, and return what it printed.

    :param root: what make() returned; None: the host
    :param folders: that the command uses, which it finds where they are on the host
    :param thing: what the command is for
    :raises BadConfiguration: the host lets nobody enter the root
    :raises DeploymentFailed: the command failed, or the root is gone
    """
    if root is None:
        return run(argv, thing=thing, timeout_s=timeout_s)
    if not root.is_dir():
        raise DeploymentFailed(
            thing,
            got=f"no compiler in {root}",
            expected="it where set-up put it",
            look_at="avocado pin-kernel fetch NAME",
        )
    environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin", "LC_ALL=C", "HOME=/", *argv]
    enter = [*_way_in(), "sh", _ENTER, root, *folders, "--", *environment]
    return run(enter, thing=thing, timeout_s=timeout_s)


def closed() -> str:
    """Return why nobody may enter a root on this host, in one line; nothing if one may."""
    try:
        _way_in()
    except BadConfiguration as error:
        return str(error)
    return ""


@cache
def _way_in() -> Sequence[str]:
    """Return the command before one that may then mount and chroot.

    :raises BadConfiguration: there is none
    """
    ways = [_USER, _ROOT] if os.geteuid() == 0 else [_USER]
    for way in ways:
        test = [*way, "mount", "--rbind", "/", "/"]
        try:
            run(test, thing="the host's namespaces", timeout_s=_TRY_S)
        except DeploymentFailed as error:
            refused = error.got
        else:
            return way
    remedy = " and ".join(sysctls())
    raise BadConfiguration(
        "the host's namespaces",
        got=f"from {' '.join(test)}: {refused}",
        expected="namespaces of mounts, which a chroot and most containers do not have; for an "
        f"ordinary user those of users{f', which root allows by {remedy}' if remedy else ''}",
        look_at="docs/hosts.md",
    )


def sysctls(values: Path = Path("/proc/sys")) -> list[str]:
    """Return the commands by which root allows namespaces of users; none if nothing forbids them.

    :param values: the folder of all sysctls
    """
    return [
        f"sysctl {name}={allows}"
        for name, (forbids, allows) in _SYSCTLS.items()
        if _value(values / name.replace(".", "/")) == forbids
    ]


def _value(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
