"""What Avocado-VT asks a QEMU binary about itself, asked once for each binary, not each guest.

It asks for help texts and commands before each guest, through /bin/sh with `echo -e`
(virttest/qemu_devices/qcontainer.py). Debian's dash has no -e, so the word reaches QEMU's
monitor, `quit` does not, and the first question waits for its timeout of 10 s. Here bash asks,
and the answers are kept for as long as the binary is the same file.
"""

import json
import shlex
from pathlib import Path
from typing import Any

from avocado.utils import process
from virttest.qemu_devices import qcontainer

from avocado_pin.store import fingerprint, write_atomically


class _Remembering:
    """Stands in for avocado.utils.process in the module that asks."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        return getattr(process, name)

    def run(self, cmd: str, **options: Any) -> Any:
        """Answer from memory, else ask and remember."""
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


def remember(binary: Path, data: Path) -> None:
    """Let Avocado-VT ask this binary only what it was never asked.

    :param data: the folder of all that set-up makes
    """
    file = binary.stat()
    name = fingerprint([str(binary), str(file.st_size), str(file.st_mtime_ns)])
    qcontainer.process = _Remembering(data / "qemu-probes" / name)
