"""Where the project's own files are, and where set-up keeps what it makes."""

import sys
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration

PACKAGE = Path(__file__).resolve().parents[1]


def source(name: str) -> Path:
    """Return a top-level folder of the project: kmod, workload, tests or configs.

    A checkout has them beside the package; an installed package under share/avocado-pin
    of its environment (data_files in setup.py).

    :raises BadConfiguration: it is in neither place
    """
    places = [PACKAGE.parent / name, Path(sys.prefix) / "share" / "avocado-pin" / name]
    for place in places:
        if place.is_dir():
            return place
    raise BadConfiguration(
        f"folder {name}/ of avocado-pin",
        got="no such folder",
        expected=f"one of {', '.join(map(str, places))}",
        look_at="the installation of avocado-pin",
    )


def data_dir() -> Path:
    """Return the folder of all that set-up makes: in Avocado's data folder, beside Avocado-VT's."""
    from avocado.core import data_dir as avocado_data_dir

    return Path(avocado_data_dir.get_data_dir()) / "avocado-pin"
