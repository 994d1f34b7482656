"""Roots of other hosts: Debian's suites by mmdebstrap, each command in namespaces of its own.

What this host needs for its network (certificates, pip's settings, how names are resolved, apt's
own options) is given to them; nothing else of it is.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from avocado_pin import mirrors
from avocado_pin.host import KEYRING
from avocado_pin.store import fingerprint, make_once

SOURCE = Path(__file__).resolve().parents[2]
ENTER = Path(__file__).with_name("enter.sh")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "avocado-pin" / "hosts"
# What the README takes for granted.
GIVEN = ("ca-certificates", "git", "make", "python3")
# What the project is cloned from there: what is committed.
BUNDLE = "/avocado-pin.bundle"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", str(_CERTIFICATES))
_MAKE_S = 900


@dataclass(frozen=True)
class Mirror:
    """Where a distribution's packages are.

    :param lines: of sources.list
    :param keyring: that signs them
    """

    lines: tuple[str, ...]
    keyring: Path


def debian(*suites: str) -> Mirror:
    """Return this host's mirrors of Debian for a release's suites, the release first."""
    return Mirror(tuple(mirrors.of_host().sources(suites, KEYRING)), KEYRING)


def tarball(suite: str, mirror: Mirror, more: Sequence[str] = ()) -> Path:
    """Return the tar of a suite's root, made once and kept.

    :param more: packages beside those that the README takes for granted
    """
    include = ",".join([*GIVEN, *more])
    name = fingerprint([suite, include, str(mirror.keyring), *mirror.lines])

    def make(work: Path) -> None:
        command: list[str | Path] = [
            *("mmdebstrap", "--variant=minbase", f"--include={include}", f"--keyring={mirror.keyring}"),
            # Those of sid are often older than they say that they are valid.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            *(suite, work / "root.tar", *mirror.lines),
        ]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=_MAKE_S)

    return make_once(CACHE / f"{suite}-{name}", make) / "root.tar"


class Root:
    """A host of its own below a folder.

    :param folder: where it is unpacked
    :param tar: what tarball() returned
    """

    def __init__(self, folder: Path, tar: Path):
        self.folder = folder
        folder.mkdir(parents=True)
        words: list[str | Path] = ["tar", "--extract", "--numeric-owner", "--xattrs", "--file", tar]
        # Devices come with /dev.
        subprocess.run([*words, "--exclude=./dev/*", "--directory", folder], check=True)
        for name in _NETWORK:
            target = folder / name.lstrip("/")
            if Path(name).exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                shutil.copy(name, target)
        bundle: list[str | Path] = ["git", "-C", SOURCE, "bundle", "create", "--quiet"]
        subprocess.run([*bundle, folder / BUNDLE.lstrip("/"), "HEAD", "--branches"], check=True)

    def add_user(self, name: str, sudo: bool = False) -> None:
        """Make an ordinary user, who may or may not become root by sudo."""
        self.run(["useradd", "--create-home", "--shell", "/bin/bash", name]).check_returncode()
        if sudo:
            (self.folder / "etc" / "sudoers.d").mkdir(parents=True, exist_ok=True)
            rule = self.folder / "etc" / "sudoers.d" / name
            rule.write_text(f"{name} ALL=(ALL) NOPASSWD:ALL\n")
            rule.chmod(0o440)

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        umask: str = "022",
        env: Mapping[str, str] | None = None,
        timeout_s: float = 900,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command there as a user who has just logged in, and return how it ended.

        Nothing that it has started goes on after it.
        """
        home = "/root" if user == "root" else f"/home/{user}"
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        pip = {name: value for name, value in os.environ.items() if name == "PIP_CERT"}
        given = {"HOME": home, "USER": user, "PATH": path, "TERM": "dumb", **pip, **(env or {})}
        log_in = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"]
        if user == "root":
            log_in = ["setpriv"]
        shell = f'umask {umask}; cd; exec "$@"'
        words = ["env", "-i", *(f"{name}={value}" for name, value in given.items())]
        command: list[str | Path] = [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", ENTER),
            *(self.folder, "--", *log_in, *words, "sh", "-c", shell, "sh", *argv),
        ]
        return subprocess.run(
            command,
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
        )
