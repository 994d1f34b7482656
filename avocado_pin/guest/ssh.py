"""The way into guests: a key of this set-up's own, and ssh and scp that use it.

aexpect starts `ssh` and `scp` from PATH with PreferredAuthentications=password fixed on their
command line (aexpect 1.8.0, remote.py). ssh takes the first value it is given of an option, so
a wrapper that comes first in PATH puts the key first. It serves Avocado-VT's own login() and
copy_files_to() unchanged, and ssh's configuration of the user is neither read nor written.

ssh holds a small packet back until the one before it is acknowledged (it sets TCP_NODELAY only once
there is a session), which QEMU's end does after 40 ms: so it calls through socat, which does not.
"""

import os
import re
import shutil
import stat
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.base.kept_folders import write_atomically

# The first ssh of a test to a guest makes the connection, the others use it.
CONTROL = "AVOCADO_PIN_SSH"
# What ssh takes as it is; a path that is longer, with what ssh adds to it for a moment, is too long
# for a socket.
_CONTROL_PATH = re.compile(r"[A-Za-z0-9_./-]{1,80}")
_SSH = """\
#!/bin/sh
# It starts socat by the user's shell, which may be none.
export SHELL=/bin/sh
exec {ssh} -F /dev/null -i {key} -o IdentitiesOnly=yes -o PreferredAuthentications=publickey \\
    ${{{control}:+-o ControlMaster=auto -o "ControlPath=${control}"}} \\
    -o BatchMode=yes -o LogLevel=ERROR -o ServerAliveInterval=15 -o ServerAliveCountMax=8 \\
    -o 'ProxyCommand={socat} - TCP:%h:%p,nodelay' "$@"
"""
_SCP = """\
#!/bin/sh
exec {scp} -S {folder}/ssh "$@"
"""


def make_key(folder: Path) -> Path:
    """Return the public key of this set-up, made if there is none.

    :raises DeploymentFailed: ssh-keygen failed
    """
    private = folder / "id_ed25519"
    public = folder / "id_ed25519.pub"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(stat.S_IRWXU)
    if not public.exists():
        private.unlink(missing_ok=True)
        options = ["-q", "-t", "ed25519", "-N", "", "-C", "avocado-pin"]
        run(["ssh-keygen", *options, "-f", private], thing="the guests' ssh key", timeout_s=60)
    return public


def share_connection(folder: Path) -> None:
    """Let every ssh and scp of this process's children to a guest use one connection.

    :param folder: of the guest
    """
    path = str(folder / "ssh")
    os.environ[CONTROL] = path if _CONTROL_PATH.fullmatch(path) else ""


def make_wrappers(folder: Path) -> Path:
    """Write the wrappers and return the folder to put first in PATH.

    :param folder: where the key is
    :raises DeploymentFailed: the host has no ssh, or not all of what is needed with it
    """
    bin_folder = folder / "bin"
    # Not by a PATH that already starts with the wrappers, which would then call themselves.
    path = "/usr/local/bin:/usr/bin:/bin"
    found = {name: shutil.which(name, path=path) for name in ("ssh", "scp", "socat")}
    absent = [name for name, program in found.items() if not program]
    if absent:
        raise DeploymentFailed(
            "ssh of the host",
            got=f"no {' or '.join(absent)}",
            expected=f"all of {', '.join(found)} in one of {path}",
            look_at="apt-get install openssh-client socat",
        )
    words = {**found, "key": folder / "id_ed25519", "control": CONTROL, "folder": bin_folder}
    for name, script in (("ssh", _SSH), ("scp", _SCP)):
        write_atomically(bin_folder / name, script.format(**words), mode=0o755)
    return bin_folder
