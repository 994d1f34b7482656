"""Debian's archives of packages (.deb): what they say of themselves, and unpacking them."""

import subprocess
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed

# A slow disk; a tar that takes longer will not end.
UNPACK_TIMEOUT_S = 900
# Of dpkg-deb, once nobody reads what it unpacks.
END_TIMEOUT_S = 30


def lay_out(root: Path) -> None:
    """Make the links of a merged /usr, so that packages of either layout can be unpacked in it."""
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")


def fields(archive: Path, *names: str) -> list[str]:
    """Return fields of a .deb's control file.

    :raises DeploymentFailed: it is no .deb
    """
    shown = run(
        ["dpkg-deb", "--show", "--showformat", "\n".join(f"${{{n}}}" for n in names), archive],
        thing=f"package {archive}",
        timeout_s=60,
    )
    return shown.splitlines()


def unpack(archive: Path, into: Path) -> None:
    """Unpack a .deb.

    dpkg-deb --extract would replace a merged /lib link by a folder.

    :raises DeploymentFailed: the archive can't be unpacked
    """
    into.mkdir(parents=True, exist_ok=True)
    data = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE)
    tar: list[str | Path] = ["tar", "--extract", "--keep-directory-symlink", "--no-same-owner"]
    try:
        done = subprocess.run(
            [*tar, "--directory", into],
            stdin=data.stdout,
            check=False,
            stderr=subprocess.PIPE,
            text=True,
            timeout=UNPACK_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise DeploymentFailed(
            f"unpacking {archive.name}",
            got=f"no end after {UNPACK_TIMEOUT_S} s",
            expected="tar to end",
            look_at=into,
        ) from error
    finally:
        _end(data)
    if done.returncode or data.returncode:
        raise DeploymentFailed(
            f"unpacking {archive.name}",
            got=(done.stderr.strip().splitlines() or ["dpkg-deb failed"])[0],
            expected="a whole .deb and room on the disk",
            look_at=into,
        )


def _end(data: "subprocess.Popen[bytes]") -> None:
    """Let a process end that nobody reads any more, and see to it that it does."""
    if data.stdout:
        data.stdout.close()
    try:
        data.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        data.kill()
        data.wait(END_TIMEOUT_S)
