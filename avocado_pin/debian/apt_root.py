"""Debian's packages, found and fetched without installing them.

A private apt root (own lists, own cache, empty status) resolves and downloads packages of
any suite without root and without touching the host's own apt. It has the host's proxies and its
keyring of Debian's archive.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.base.kept_folders import fingerprint
from avocado_pin.base.progress import meter
from avocado_pin.debian.apt_download import File, parse_uris
from avocado_pin.debian.deb_archives import unpack
from avocado_pin.debian.mirrors import Mirrors
from avocado_pin.host.packages import KEYRING

# A slow mirror and a slow disk; an apt that hangs for longer will not come back.
APT_TIMEOUT_S = 1800

# "Inst NAME [OLD] (VERSION ORIGIN [ARCH])", as apt-get --simulate prints it.
_INST = re.compile(r"^Inst (?P<name>\S+) (?:\[\S+\] )?\((?P<version>\S+) ", re.MULTILINE)

# Unlike `apt-get download` it goes on with a file that an interrupted one has begun.
_HELPER = "/usr/lib/apt/apt-helper"

_APT_CONF = """\
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::SourceList "{root}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::Log "{root}/log";
#clear APT::Architectures;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Check-Valid-Until "{valid_until}";
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


@dataclass(frozen=True)
class Package:
    """A binary package as apt resolved it."""

    name: str
    version: str


@dataclass(frozen=True)
class Source:
    """Where packages are looked for.

    :param name: what to call it
    :param suites: of Debian's archive, as bookworm and bookworm-security
    :param target: the suite that is preferred; empty: the newest version wins
    :param expired: whether Release files may be older than they say they are valid, as those of
        sid often are
    """

    name: str
    suites: tuple[str, ...]
    target: str = ""
    expired: bool = False


class AptRoot:
    """A private apt root for one source and architecture.

    :param root: its folder
    :param architecture: Debian's name, as amd64
    :param mirrors: where the archive is
    """

    def __init__(self, root: Path, source: Source, architecture: str, mirrors: Mirrors):
        self.root = root
        self.source = source
        self._mirrors = mirrors
        self.architecture = architecture
        self._config = root / "apt.conf"

    def update(self) -> None:
        """Write the configuration and fetch the lists.

        :raises DeploymentFailed: the lists can't be fetched; with how to name another mirror
        """
        for folder in ("state/lists/partial", "cache/archives/partial", "log"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        self._config.write_text(
            _APT_CONF.format(
                root=self.root,
                architecture=self.architecture,
                valid_until=str(not self.source.expired).lower(),
            )
        )
        lines = self._mirrors.sources(self.source.suites, KEYRING)
        (self.root / "sources.list").write_text("\n".join(lines) + "\n")
        try:
            self._apt("update", "--error-on=any")
        except DeploymentFailed as error:
            error.expected = self._mirrors.expected()
            raise

    def resolve(self, names: list[str]) -> list[Package]:
        """Return the packages that installing `names` on an empty system would bring.

        :raises DeploymentFailed: a package is not known or not installable
        """
        target = ["--target-release", self.source.target] if self.source.target else []
        shown = self._apt("install", "--simulate", *target, *names)
        return parse_install(shown)

    def download(self, packages: list[Package], into: Path) -> list[Path]:
        """Download packages, checked against the signed lists, and return the archives.

        :param into: a folder of its own; what is in it of an interrupted download is gone on with
        :raises DeploymentFailed: one can't be fetched
        """
        into.mkdir(parents=True, exist_ok=True)
        files = self._files(packages)
        missing = [file for file in files if not file.is_whole(into)]
        words = [word for file in missing for word in file.words(into)]
        before = shutil.disk_usage(into).free
        try:
            if missing:
                total = sum(file.size for file in missing)
                with meter(total, lambda: sum(file.bytes_in(into) for file in missing)):
                    self._run(_HELPER, "download-file", *words)
        except DeploymentFailed as error:
            if shutil.disk_usage(into).free < (1 << 20):
                error.expected = f"room on the disk ({before >> 20} MiB were free)"
            raise
        return [into / file.name for file in files]

    def unpack(self, packages: list[Package], into: Path) -> None:
        """Download packages and unpack them.

        What is downloaded is kept until all is, so that an interrupted download goes on where it
        was.

        :raises DeploymentFailed: one can't be fetched or unpacked
        """
        name = fingerprint(f"{package.name}={package.version}" for package in packages)
        download = self.root / "downloads" / name
        for archive in self.download(packages, download):
            unpack(archive, into)
        shutil.rmtree(download, ignore_errors=True)

    def _files(self, packages: list[Package]) -> list[File]:
        """Return what is to be downloaded for packages, by the signed lists."""
        shown = self._apt("download", "--print-uris", *(f"{p.name}={p.version}" for p in packages))
        found = parse_uris(shown)
        if len(found) != len(packages):
            raise DeploymentFailed(
                f"packages of {self.source.name}",
                got=f"{len(found)} files: {', '.join(file.name for file in found)}",
                expected=f"one each for {', '.join(p.name for p in packages)}",
                look_at=self.root,
            )
        return found

    def _apt(self, verb: str, *words: str) -> str:
        return self._run("apt-get", "--yes", verb, *words)

    def _run(self, program: str, *words: str) -> str:
        """Run a program of apt's, which ends with this process however that ends."""
        verb = next(word for word in words if not word.startswith("-"))
        command: list[str | Path] = ["setpriv", "--pdeathsig", "TERM", program]
        return run(
            [*command, "--config-file", self._config, "--quiet", *words],
            thing=f"{Path(program).name} {verb} for {self.source.name}",
            timeout_s=APT_TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )


def parse_install(simulated: str) -> list[Package]:
    """Return the packages that `apt-get --simulate install` would install."""
    return [Package(match["name"], match["version"]) for match in _INST.finditer(simulated)]
