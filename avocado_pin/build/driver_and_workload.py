"""Building the driver and the workload: once for each state of their source."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.kept_folders import fingerprint, make_once
from avocado_pin.base.paths import source
from avocado_pin.build import compiler_root
from avocado_pin.host import packages
from avocado_pin.kernels.kernel import Kernel

# A build takes seconds; under a loaded host's worst, minutes.
BUILD_TIMEOUT_S = 600
ABI_HEADER = "page_pin.h"
# Of the workload, which is copied into every guest.
WITHOUT_SYMBOLS = "EXTRA_CFLAGS=-s"
_INCLUDED = re.compile(r"^include (\S+)/Makefile$", re.MULTILINE)


def driver(folder: Path, kernel: Kernel, builds: Path) -> Path:
    """Return the driver built from a folder's page_pin.c for a kernel.

    :param folder: its source (the project's own is kmod/)
    :param builds: the folder of all builds
    :raises BadConfiguration: there is no driver in the folder
    :raises DeploymentFailed: it does not compile; the error has the compiler's first error line
    """
    _check_driver_source(folder)

    def make(work: Path) -> None:
        _copy(folder, work)
        thing = f"driver for {kernel.title}, {kernel.release}"
        words = [f"KDIR={kernel.headers}"]
        # Debian's headers name the compiler of their own release, which may not be there.
        if kernel.builder:
            words.append(f"CC={compiler_root.COMPILER}")
        elif kernel.flavour:
            words.append("CC=gcc")
        used = [work, *kernel_folders(kernel)]
        _make(work, thing, *words, root=kernel.builder, used=used)
        strip: list[str | Path] = ["strip", "--strip-debug", work / "page_pin.ko"]
        compiler_root.run_in(kernel.builder, used, strip, thing=thing, timeout_s=60)

    return make_once(driver_build(folder, kernel, builds), make) / "page_pin.ko"


def driver_built(folder: Path, kernel: Kernel, builds: Path) -> bool:
    """Return whether the driver is built from a folder for a kernel."""
    return driver_build(folder, kernel, builds).is_dir()


def driver_build(folder: Path, kernel: Kernel, builds: Path) -> Path:
    """Return where the driver is, or would be, that is built from a folder for a kernel."""
    what = fingerprint([*_sources(folder), str(kernel.folder), str(kernel.builder)])
    return builds / f"{driver_prefix(kernel)}{what}"


def driver_prefix(kernel: Kernel) -> str:
    """Return what the names of all builds of a driver for a kernel begin with."""
    return f"driver-{kernel.folder.name}-"


def kernel_folders(kernel: Kernel) -> list[Path]:
    """Return the folders that a build for a kernel reads.

    Beside the headers, where they lead to: Debian's have parts in other packages, and a tree that
    was built in a folder of its own (O=) includes its source's Makefile.
    """
    headers = kernel.headers.resolve()
    makefile = headers / "Makefile"
    included = _INCLUDED.findall(makefile.read_text()) if makefile.is_file() else []
    links = [path.resolve() for path in headers.iterdir() if path.is_symlink()]
    found = [kernel.folder.resolve(), headers, *((headers / name).resolve() for name in included)]
    found += [path for path in links if path.is_dir()]
    needed: list[Path] = []
    for path in found:
        if not any(path.is_relative_to(other) for other in needed):
            needed.append(path)
    return needed


def workload(folder: Path, builds: Path) -> Path:
    """Return the workload, a static program, built from its folder.

    :raises DeploymentFailed: it does not compile; the error has the compiler's first error line
    """

    def make(work: Path) -> None:
        for part in _with_parts(folder):
            _copy(part, work / "workload" / part.relative_to(folder))
        (work / "kmod").mkdir()
        shutil.copy(source("kmod") / ABI_HEADER, work / "kmod" / ABI_HEADER)
        words = [f"OUT={work / 'pin_workload'}", WITHOUT_SYMBOLS]
        _make(work / "workload", "workload", *words)

    return make_once(workload_build(folder, builds), make) / "pin_workload"


def workload_build(folder: Path, builds: Path) -> Path:
    """Return the folder of the build of the workload, be it there or not."""
    sources = [path for part in _with_parts(folder) for path in _sources(part)]
    abi = source("kmod") / ABI_HEADER
    return builds / f"workload-{fingerprint([*sources, abi, WITHOUT_SYMBOLS])}"


def driver_tests(folder: Path, builds: Path) -> list[Path]:
    """Return the programs that test a driver's interface, built from kmod/tests/.

    Where the host can build for 32 bits (gcc-multilib), each is there for 32-bit callers too.

    :param folder: the source of the driver, whose page_pin.h they are built with
    :raises BadConfiguration: there is no driver in the folder
    :raises DeploymentFailed: one does not compile; the error has the compiler's first error line
    """
    _check_driver_source(folder)
    programs = source("kmod") / "tests"
    names = [path.stem for path in sorted(programs.glob("*.c"))]
    if packages.builds_for_32_bits():
        names += [f"{name}32" for name in names]
    abi = folder / ABI_HEADER
    name = f"driver-tests-{fingerprint([*_sources(programs), abi, *names])}"

    def make(work: Path) -> None:
        _copy(programs, work / "tests")
        shutil.copy(abi, work / ABI_HEADER)
        _make(work / "tests", "tests of the driver", *names)

    tests = make_once(builds / name, make) / "tests"
    return [tests / name for name in names]


def _check_driver_source(folder: Path) -> None:
    if not (folder / "page_pin.c").is_file():
        raise BadConfiguration(
            "driver_source",
            got=str(folder),
            expected=f"a folder with page_pin.c, {ABI_HEADER} and Makefile",
            look_at="configs/variant_defaults.cfg",
        )


def _with_parts(folder: Path) -> list[Path]:
    """The workload's folder, and those within it that hold a part of it each."""
    return [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]


def _sources(folder: Path) -> list[Path]:
    """The files a build depends on, without what builds left beside them."""
    paths = sorted(folder.iterdir())
    return [path for path in paths if path.suffix in (".c", ".h") or path.name == "Makefile"]


def _copy(folder: Path, work: Path) -> None:
    work.mkdir(exist_ok=True)
    for path in _sources(folder):
        shutil.copy(path, work)


def _make(
    folder: Path, thing: str, *words: str, root: Path | None = None, used: Sequence[Path] = ()
) -> None:
    compiler_root.run_in(root, used, ["make", "-C", folder, *words], thing, BUILD_TIMEOUT_S)
