"""The kernels that Debian's suites have: configs/debian_suites.cfg as records."""

from avocado_pin.debian.apt_root import Source
from avocado_pin.variant import resolve_reference

# Whose programs are in the guest, whatever its kernel.
USER_SPACE = "bookworm"
# Whose compiler builds for kernels that the host's does not build for.
BUILDER = "trixie"


def names() -> list[str]:
    """Return the names of the suites, in their order."""
    return list(resolve_reference.debian_suites())


def source(name: str) -> Source:
    """Return where to look for the packages of a suite.

    :param name: one of names()
    """
    entry = resolve_reference.debian_suites()[name]
    return Source(
        name,
        tuple(entry["debian_suites"].split()),
        entry.get("debian_target", ""),
        entry.get("debian_expired") == "yes",
    )
