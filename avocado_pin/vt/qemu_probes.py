"""What Avocado-VT asks a QEMU binary about itself, asked once for each binary, not each guest.

It asks for help texts and commands before each guest, through /bin/sh with `echo -e`
(virttest/qemu_devices/qcontainer.py). Debian's dash has no -e, so the word reaches QEMU's
monitor, `quit` does not, and the first question waits for its timeout of 10 s. Here bash asks,
and the answers are kept for as long as the binary is the same file.
"""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from avocado.utils import process
from virttest import env_process, utils_qemu
from virttest.qemu_devices import qcontainer

from avocado_pin.base.kept_folders import fingerprint, write_atomically
from avocado_pin.base.paths import DataFolder


class _Remembering:
    """Stands in for avocado.utils.process in the modules that ask."""

    def __init__(self, binary: Path, folder: Path):
        self._binary = str(binary)
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        return getattr(process, name)

    def run(self, cmd: str, **options: Any) -> Any:
        """Answer from memory what the binary was asked, else ask and remember."""
        if self._binary not in cmd:
            return process.run(cmd, **options)
        path = self._folder / f"{fingerprint([cmd])}.json"
        if path.exists():
            kept = json.loads(path.read_text())
            return process.CmdResult(
                cmd, kept["stdout"].encode(), kept["stderr"].encode(), kept["exit_status"]
            )
        options["shell"] = False
        result = process.run(f"bash -c {shlex.quote(cmd)}", **options)
        kept = {
            "command": cmd,
            "stdout": result.stdout_text,
            "stderr": result.stderr_text,
            "exit_status": result.exit_status,
        }
        write_atomically(path, json.dumps(kept) + "\n")
        return result


def remember(binary: Path, data: DataFolder) -> None:
    """Let Avocado-VT ask this binary only what it was never asked.

    :param data: the folder of all that set-up makes
    """
    file = binary.stat()
    name = fingerprint([str(binary), str(file.st_size), str(file.st_mtime_ns)])
    remembering = _Remembering(binary, data.qemu_probes / name)
    qcontainer.process = utils_qemu.process = remembering
    sys.modules[env_process.CheckQEMUVersion.__module__].a_process = remembering  # type: ignore[attr-defined]
