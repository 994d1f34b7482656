"""Where Debian's archive is fetched from: the user's mirror, else one that the host knows."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import BadConfiguration, DeploymentFailed
from avocado_pin.base.kept_folders import write_atomically
from avocado_pin.base.paths import DataFolder

# What a host without a source of Debian's may know of them all the same: the data of
# python-apt-common, which Ubuntu installs by default.
_TEMPLATE = Path("/usr/share/python-apt/templates/Debian.info")
_FORM = "URI of a mirror of Debian's, or two, main and security, with a comma between them"
# Of whatever method apt has, as mirror+file:/etc/apt/mirrors/debian.list; a disc is not there long.
_URI = re.compile(r"(?!cdrom:)[a-z][a-z0-9+.-]*:/{1,3}[^/\s]\S*")


@dataclass(frozen=True)
class Mirrors:
    """The two archives that Debian's suites are in.

    :param main: URI of what has all suites but those of security updates
    :param security: URI of what has those
    """

    main: str
    security: str

    def of(self, suite: str) -> str:
        """Return the URI of a suite."""
        return self.security if suite.endswith("-security") else self.main

    def sources(self, suites: Iterable[str], keyring: Path) -> list[str]:
        """Return the lines of a sources.list for suites.

        :param keyring: of those who sign them
        """
        return [f"deb [signed-by={keyring}] {self.of(suite)} {suite} main" for suite in suites]

    def expected(self) -> str:
        """Return what must be where, and how the user names another place."""
        return (
            f"Debian's suites at {self.main} and their security updates at {self.security}; other "
            "places are named by avocado pin-bootstrap --mirror URI,URI, or make run MIRROR=URI,URI"
        )


def named(text: str) -> Mirrors:
    """Return the mirrors that a user names.

    :param text: URI of the main one, or MAIN,SECURITY
    :raises BadConfiguration: it is neither
    """
    uris = text.split(",")
    if len(uris) > 2 or not all(_URI.fullmatch(uri) for uri in uris):
        raise BadConfiguration(
            "--mirror", got=repr(text), expected=_FORM, look_at="avocado pin-bootstrap --help"
        )
    return _pair(*uris)


def remember(data: DataFolder, mirrors: Mirrors) -> None:
    """Use mirrors from now on.

    :param data: the folder of all that set-up makes
    """
    write_atomically(_file(data), json.dumps(asdict(mirrors)) + "\n")


def find(data: DataFolder) -> Mirrors:
    """Return the mirrors to use: the user's, else those of the host's own sources or data.

    :param data: the folder of all that set-up makes
    :raises BadConfiguration: there is none
    """
    return _remembered(data) or of_host()


def of_host() -> Mirrors:
    """Return the mirrors that the host knows.

    :raises BadConfiguration: it knows none
    """
    found = of_sources(_host_sources())
    if not found and _TEMPLATE.is_file():
        found = of_template(_TEMPLATE.read_text())
    if not found:
        raise BadConfiguration(
            "a mirror of Debian's, for the guests' kernels",
            got="none among the host's apt sources (an `apt-get update` fetches their lists)",
            expected="avocado pin-bootstrap --mirror URI, or make run MIRROR=URI",
            look_at="docs/hosts.md",
        )
    return found


def of_sources(indextargets: str) -> Mirrors | None:
    """Return the mirrors among apt's sources.

    :param indextargets: lines of "URI|suite|component|origin", as apt has them once its lists
        were fetched; what it warns of, as of a folder of sources that is not there, counts as none
    """
    uris: dict[bool, str] = {}
    for line in indextargets.splitlines():
        # What apt warns of, as that it has no sources, stands among them.
        if line.count("|") != 3:
            continue
        uri, suite, component, origin = [*line.split("|"), "", "", ""][:4]
        # Of a disc that is not there now; the installer leaves it among the sources.
        if uri.startswith("cdrom:"):
            continue
        if origin == "Debian" and component == "main":
            uris.setdefault(suite.endswith("-security"), uri.rstrip("/"))
    return _pair(uris[False], uris.get(True, "")) if False in uris else None


def of_template(text: str) -> Mirrors | None:
    """Return the mirrors of a template of python-apt's: those of its newest release."""
    uris = re.findall(r"^BaseURI: (\S+?)/?$", text, re.MULTILINE)
    security = [uri for uri in uris if "security" in uri]
    main = [uri for uri in uris if uri not in security]
    return _pair(main[0], (security or [""])[0]) if main else None


def _pair(main: str, security: str = "") -> Mirrors:
    """Return both mirrors.

    Debian's own have them side by side, as debian and debian-security; its cloud images have lists
    of mirrors by those names.
    """
    main = main.rstrip("/")
    beside = f"{main.removesuffix('.list')}-security{'.list' if main.endswith('.list') else ''}"
    return Mirrors(main, security.rstrip("/") or beside)


def _host_sources() -> str:
    fields = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"
    try:
        return run(
            ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"],
            thing="the host's apt sources",
            timeout_s=60,
        )
    except DeploymentFailed:
        return ""  # As good as none.


def _remembered(data: DataFolder) -> Mirrors | None:
    try:
        return Mirrors(**json.loads(_file(data).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise BadConfiguration(
            f"mirrors in {_file(data)}",
            got=str(error),
            expected="JSON as set-up writes it",
            look_at=f"rm {_file(data)}",
        ) from error


def _file(data: DataFolder) -> Path:
    return data.mirror
