"""Avocado-VT's own set-up.

Run by itself (`python3 -m avocado_pin.vt`) before the first avocado command, so that not even
that one shows Avocado-VT's complaint about a missing set-up.
"""

import os
import subprocess
import sys
from pathlib import Path

from virttest import data_dir

from avocado_pin.errors import DeploymentFailed
from avocado_pin.progress import step

TIMEOUT_S = 300


def bootstrap() -> None:
    """Run Avocado-VT's own set-up, unless the user's Avocado-VT has had one.

    Its command line plug-ins refuse to load, with a traceback on every avocado command, until a
    test provider was downloaded (avocado_vt/plugins/vt.py). None is needed here, so a note stands
    in its place; a set-up with providers is left as it is.

    :raises DeploymentFailed: vt-bootstrap failed
    """
    providers = Path(data_dir.TEST_PROVIDERS_DOWNLOAD_DIR)
    if providers.is_dir() and any(providers.iterdir()):
        return
    with step("Avocado-VT's own set-up"):
        options = [
            "--vt-type",
            "qemu",
            "--vt-guest-os",
            "Linux",
            "--vt-no-downloads",
            "--yes-to-all",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "avocado", "vt-bootstrap", *options],
            check=False,
            text=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "200"},
        )
        if done.returncode:
            raise DeploymentFailed(
                "Avocado-VT's own set-up",
                got=(done.stdout.strip().splitlines() or ["no output"])[-1],
                expected="exit 0",
                look_at="avocado vt-bootstrap --vt-no-downloads",
            )
        providers.mkdir(parents=True, exist_ok=True)
        note = "No test provider was downloaded: avocado-pin brings its own tests.\n"
        (providers / "README.avocado-pin").write_text(note)


if __name__ == "__main__":
    try:
        bootstrap()
    except DeploymentFailed as error:
        sys.exit(str(error))
