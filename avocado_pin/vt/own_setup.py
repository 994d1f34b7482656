"""Avocado-VT's own set-up.

Run by itself (`python3 -m avocado_pin.vt.own_setup`) before the first avocado command, so that not
even that one shows Avocado-VT's complaint about a missing set-up.
"""

import sys
from pathlib import Path

from virttest import data_dir

from avocado_pin.base.command import run
from avocado_pin.base.errors import PinError
from avocado_pin.base.paths import data_folder
from avocado_pin.base.progress import step

TIMEOUT_S = 300


def is_done() -> bool:
    """Return whether Avocado-VT has had its set-up, by what its own plug-ins look for."""
    providers = Path(data_dir.TEST_PROVIDERS_DOWNLOAD_DIR)
    return providers.is_dir() and any(providers.iterdir())


def bootstrap() -> None:
    """Run Avocado-VT's own set-up, unless the user's Avocado-VT has had one.

    Its command line plug-ins refuse to load, with a traceback on every avocado command, until a
    test provider was downloaded (avocado_vt/plugins/vt.py). None is needed here, so a note stands
    in its place. A set-up that is there is left as it is.

    :raises DeploymentFailed: vt-bootstrap failed
    """
    if is_done():
        return
    with step("Avocado-VT's own set-up"):
        if not (Path(data_dir.get_data_dir()) / "backends").is_dir():
            what = ["--vt-type", "qemu", "--vt-guest-os", "Linux", "--vt-no-downloads"]
            run(
                [sys.executable, "-m", "avocado", "vt-bootstrap", *what, "--yes-to-all"],
                thing="Avocado-VT's own set-up",
                timeout_s=TIMEOUT_S,
            )
        providers = Path(data_dir.TEST_PROVIDERS_DOWNLOAD_DIR)
        providers.mkdir(parents=True, exist_ok=True)
        note = "No test provider was downloaded: avocado-pin brings its own tests.\n"
        (providers / "README.avocado-pin").write_text(note)


if __name__ == "__main__":
    try:
        data_folder().check_writable()
        bootstrap()
    except (PinError, OSError) as error:
        sys.exit(str(error))
