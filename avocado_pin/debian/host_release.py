"""The host, where it is Debian: its release and architecture."""

from avocado_pin.base.command import run
from avocado_pin.host.packages import os_release


def host_release() -> str:
    """Return the code name of the host's Debian release, as bookworm; of another system nothing."""
    said = os_release()
    return said.get("VERSION_CODENAME", "") if said.get("ID") == "debian" else ""


def host_architecture() -> str:
    """Return the host's Debian architecture, as amd64."""
    return run(["dpkg", "--print-architecture"], thing="host architecture", timeout_s=30).strip()
