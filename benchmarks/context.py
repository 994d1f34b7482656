"""What every benchmark is given."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base import architecture
from avocado_pin.base.paths import DataFolder
from avocado_pin.kernels import boot_files
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import accelerator, binary

# The kernel that tests run on unless they say otherwise (configs/variant_defaults.cfg).
KERNEL = "bookworm"
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Context:
    """One run of the benchmarks.

    :param data: the folder of all that set-up made
    :param results: the folder for what is kept of this run
    :param rounds: how often what is short is measured
    :param quick: measure less, to try the benchmarks themselves
    """

    data: DataFolder
    results: Path
    rounds: int
    quick: bool

    def image(self, flavour: str = "cloud") -> GuestImage:
        """Return what a guest of a kernel flavour boots from."""
        return boot_files.load(self.data, KERNEL, flavour)

    def accelerator(self) -> str:
        """Return QEMU's -accel on this machine."""
        image = self.image()
        choice = accelerator.choose(self.data, image)
        qemu = binary.find(architecture.of(image.architecture))
        return binary.accelerator_option(choice.accelerator, qemu)

    def folder(self, name: str) -> Path:
        """Return a folder within the results."""
        path = self.results / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def say(text: str) -> None:
    """Tell the person who waits what happens."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Add the seconds that a block takes, if it ends well."""
    start = time.monotonic()
    yield
    times.append(time.monotonic() - start)
