"""Roots of other hosts: Debian's suites by mmdebstrap, each command in namespaces of its own.

What this host needs for its network (certificates, how names are resolved, its lists of mirrors) is
given to them; nothing else of it is.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.kept_folders import fingerprint, make_once
from avocado_pin.debian import mirrors
from avocado_pin.host.packages import KEYRING

SOURCE = Path(__file__).resolve().parents[2]
ENTER = Path(__file__).with_name("enter.sh")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "avocado-pin" / "hosts"
# What the README takes for granted.
GIVEN = ("ca-certificates", "git", "make", "python3")
# What the project is cloned from there: what is committed.
BUNDLE = "/avocado-pin.bundle"
# The capabilities that containers are started with by default.
CONTAINER_CAPABILITIES = (
    *("chown", "dac_override", "fowner", "fsetid", "kill", "net_bind_service"),
    *("setfcap", "setgid", "setpcap", "setuid", "sys_chroot"),
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NETWORK = ("/etc/resolv.conf", "/etc/hosts")
# Those by which pip is to know its index, if this host says which.
_CERTIFICATES = "/.certificates.crt"
_MAKE_S = 900
_UNPACK_S = 300


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


def lists_of_mirrors(known: mirrors.Mirrors) -> list[str]:
    """Return the files of this host in which mirrors are listed, as on Debian's cloud images."""
    found = (re.fullmatch(r"mirror\+file:/*(/.+)", uri) for uri in (known.main, known.security))
    return [match[1] for match in found if match]


def tarball(suite: str, mirror: Mirror, packages: Sequence[str] = GIVEN) -> Path:
    """Return the tar of a suite's root, made once and kept.

    :param packages: beside those that every system of the suite has
    """
    include = ",".join(packages)
    name = fingerprint([suite, include, str(mirror.keyring), *mirror.lines])

    def make(work: Path) -> None:
        # The lists of sid are often older than they say that they are valid.
        options = [f"--keyring={mirror.keyring}", '--aptopt=Acquire::Check-Valid-Until "false"']
        options += ["--variant=minbase", f"--include={include}"]
        command = ["mmdebstrap", *options, suite, str(work / "root.tar"), *mirror.lines]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=_MAKE_S)

    return make_once(CACHE / f"{suite}-{name}", make) / "root.tar"


class Root:
    """A host of its own below a folder.

    :param folder: where it is unpacked
    :param tar: what tarball() returned
    :param log: where all that commands print is kept
    :param container: whether commands have what they would in a container, and no namespaces
    """

    def __init__(self, folder: Path, tar: Path, log: Path, container: bool = False):
        self.folder = folder
        self._container = container
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log_to(log)
        folder.mkdir(parents=True)
        words: list[str | Path] = ["tar", "--extract", "--numeric-owner", "--xattrs", "--file", tar]
        # Devices come with /dev.
        words += ["--exclude=./dev/*", "--directory", folder]
        subprocess.run(words, check=True, timeout=_UNPACK_S)
        for name in (*_NETWORK, *lists_of_mirrors(mirrors.of_host())):
            if Path(name).exists():
                target = self.path(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                shutil.copy(name, target)
        if "PIP_CERT" in os.environ:
            shutil.copy(os.environ["PIP_CERT"], self.path(_CERTIFICATES))
        bundle: list[str | Path] = ["git", "-C", SOURCE, "bundle", "create", "--quiet"]
        bundle += [self.path(BUNDLE), "HEAD", "--branches"]
        subprocess.run(bundle, check=True, timeout=_UNPACK_S)

    def log_to(self, log: Path) -> None:
        """Keep in another file what commands print from now on: of each process its own."""
        log.write_bytes(b"")
        self._log = log

    def path(self, name: str) -> Path:
        """Return where a file of the root is on this host."""
        return self.folder / name.lstrip("/")

    def copy(self, folder: str) -> None:
        """Copy the project there, as it is committed and without its history."""
        self.path(folder).mkdir(parents=True, exist_ok=True)
        archive: list[str | Path] = ["git", "-C", SOURCE, "archive", "HEAD"]
        tar = subprocess.run(archive, check=True, capture_output=True, timeout=_UNPACK_S).stdout
        unpack: list[str | Path] = ["tar", "--extract", "--directory", self.path(folder)]
        subprocess.run(unpack, input=tar, check=True, timeout=_UNPACK_S)

    def add_user(self, name: str, sudo: bool = False) -> None:
        """Make an ordinary user, who may or may not become root by sudo."""
        self.run(["useradd", "--create-home", "--shell", "/bin/bash", name]).check_returncode()
        if sudo:
            rule = self.path(f"/etc/sudoers.d/{name}")
            rule.parent.mkdir(parents=True, exist_ok=True)
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

        Nothing that it has started goes on after it, nor after this process.

        :raises subprocess.TimeoutExpired: it took longer; nothing of it is left
        """
        home = "/root" if user == "root" else f"/home/{user}"
        pip = {"PIP_CERT": _CERTIFICATES} if self.path(_CERTIFICATES).exists() else {}
        given = {"HOME": home, "USER": user, "PATH": _PATH, "TERM": "dumb", **pip, **(env or {})}
        shell = f'umask {umask}; cd; exec "$@"'
        command: list[str | Path] = [
            *("setpriv", "--pdeathsig", "KILL"),
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("sh", ENTER, self.folder, "chroot" if self._container else "pivot_root"),
            *self._log_in(user),
            *("env", "-i", *(f"{name}={value}" for name, value in given.items())),
            *("sh", "-c", shell, "sh", *argv),
        ]
        with self._log.open("r+b") as log:
            log.seek(0, os.SEEK_END)
            log.write(f"{user}, umask {umask}: {' '.join(argv)}\n".encode())
            log.flush()
            start = log.tell()
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
            )
            log.seek(start)
            output = log.read().decode(errors="replace")
        return subprocess.CompletedProcess(argv, done.returncode, output)

    def _log_in(self, user: str) -> Sequence[str]:
        if user != "root":
            return ["setpriv", "--reuid", user, "--regid", user, "--init-groups"]
        if self._container:
            allowed = ",".join(["-all", *(f"+{name}" for name in CONTAINER_CAPABILITIES)])
            return ["setpriv", "--inh-caps=-all", f"--bounding-set={allowed}"]
        return ["setpriv"]
