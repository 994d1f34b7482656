"""The command `avocado pin-kernel`."""

import logging
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avocado.core import exit_codes
from avocado.core.plugin_interfaces import CLICmd

from avocado_pin.base.errors import PinError
from avocado_pin.base.paths import DataFolder, data_folder
from avocado_pin.kernels.debian_kernel import FLAVOURS

if TYPE_CHECKING:
    from avocado_pin.kernels.boot_files import GuestImage

LOG = logging.getLogger("avocado.app")
MIB = 1 << 20


class PinKernel(CLICmd):  # type: ignore[misc]
    """The kernels that guests of page pinning tests boot."""

    name = "pin-kernel"
    description = "List, fetch, add and remove kernels for the page pinning tests"

    def configure(self, parser: ArgumentParser) -> None:
        """Add the command with its own commands and their options."""
        parser = super().configure(parser)
        commands = parser.add_subparsers(dest="pin_kernel_command", metavar="COMMAND")
        commands.required = True
        commands.add_parser("list", help="what there is")
        fetch = commands.add_parser("fetch", help="get kernels of Debian's suites")
        fetch.add_argument("pin_kernels", nargs="+", metavar="NAME", help="a suite, or all")
        fetch.add_argument(
            "--flavour",
            choices=FLAVOURS,
            default="",
            dest="pin_flavour",
            help="(default: cloud, and generic where some test needs more than cloud has)",
        )
        fetch.add_argument(
            "--refresh",
            action="store_true",
            dest="pin_refresh",
            help="tonight's, even if one is there, which stays beside it as NAME@VERSION",
        )
        fetch.add_argument(
            "--suite",
            action="append",
            default=[],
            metavar="SUITE",
            dest="pin_suites",
            help="of Debian's archive, for a NAME that has no suites yet; may be repeated",
        )
        _configure_add(commands.add_parser("add", help="use a kernel of your own"))
        remove = commands.add_parser("remove", help="remove kernels")
        remove.add_argument("pin_kernels", nargs="+", metavar="NAME[@VERSION]")
        fetch.add_argument(
            "--keep",
            type=_count,
            metavar="N",
            dest="pin_keep",
            help="remove all but the newest N versions of what was fetched; default: none",
        )
        prune = commands.add_parser("prune", help="remove old versions, and what nothing uses")
        prune.add_argument("--keep", type=_count, default=1, metavar="N", dest="pin_keep")

    def run(self, config: dict[str, Any]) -> int:
        """Do it, and return Avocado's exit code."""
        commands = {
            "list": _list,
            "fetch": _fetch,
            "add": _add,
            "remove": _remove,
            "prune": _prune,
        }
        try:
            return int(commands[config["pin_kernel_command"]](data_folder(), config))
        except PinError as error:
            LOG.error("%s", error)
            return int(exit_codes.AVOCADO_FAIL)
        except OSError as error:
            LOG.error("kernels: got %s, expected %s to be writable", error, data_folder())
            return int(exit_codes.AVOCADO_FAIL)
        except KeyboardInterrupt:
            LOG.error("Interrupted; run it again to go on.")
            sys.exit(exit_codes.AVOCADO_JOB_INTERRUPTED)


def _count(text: str) -> int:
    """Return a number of versions, at least one."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"got {text}, expected a number of versions from 1 on")
    return int(text)


def _configure_add(parser: ArgumentParser) -> None:
    parser.add_argument("pin_name", metavar="NAME", help="what to call it: kernel=NAME")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tree", dest="pin_tree", metavar="PATH", help="a build tree that is built")
    what.add_argument("--image", dest="pin_image", metavar="FILE", help="a bzImage; with --headers")
    what.add_argument(
        "--deb",
        dest="pin_debs",
        metavar="FILE",
        nargs="+",
        help="packages of image and headers, and of what they need (linux-kbuild, ...)",
    )
    parser.add_argument(
        "--headers",
        dest="pin_headers",
        metavar="PATH",
        help="folder to give make -C for an external module (default: link build of --modules)",
    )
    parser.add_argument(
        "--modules",
        dest="pin_modules",
        metavar="PATH",
        help="its lib/modules/RELEASE, unless virtio is built in",
    )
    parser.add_argument(
        "--compiler",
        dest="pin_compiler",
        choices=("host", "debian"),
        help="what builds the driver: the host's own (default of --tree, --image), or the one that "
        "builds for Debian's kernels (default of --deb)",
    )


# What it imports takes a second that every other avocado command should not pay.


def _list(data: DataFolder, config: dict[str, Any]) -> int:
    from avocado_pin.debian import releases
    from avocado_pin.setup import kernels_kept

    lines = kernels_kept.lines(data)
    row = "%-18s %-8s %-32s %-22s %6s  %-6s %s"
    LOG.info(row, "NAME", "FLAVOUR", "RELEASE", "VERSION", "MiB", "DRIVER", "FETCHED")
    for line in lines:
        kernel = line.image.kernel
        LOG.info(
            row,
            *(kernel.name, kernel.flavour or "-", kernel.release, kernel.version),
            line.size // MIB,
            "built" if line.driver else "-",
            line.image.fetched,
        )
    there = {line.image.kernel.name for line in lines}
    missing = [name for name in releases.names() if name not in there]
    if missing:
        LOG.info("Never fetched: %s (avocado pin-kernel fetch NAME)", ", ".join(missing))
    sizes = kernels_kept.sizes(data)
    parts = ", ".join(f"{what} {size // MIB}" for what, size in sizes.items())
    LOG.info("%d MiB in %s: %s", sum(sizes.values()) // MIB, data, parts)
    return int(exit_codes.AVOCADO_ALL_OK)


def _fetch(data: DataFolder, config: dict[str, Any]) -> int:
    from avocado_pin.debian import releases
    from avocado_pin.setup import kernels_kept

    names = config["pin_kernels"]
    if names == ["all"]:
        names = releases.names()
    flavour, keep = config["pin_flavour"], config["pin_keep"]
    suites, refresh = config["pin_suites"], config["pin_refresh"]
    errors, gone = kernels_kept.fetch(data, names, flavour, refresh, keep, suites)
    _say_removed(gone)
    if errors:
        return int(exit_codes.AVOCADO_FAIL)
    run = f"-p kernel={names[0]} pin_smoke" if suites else "pin_kernels"
    LOG.info("Ready: %s; try: avocado run %s", ", ".join(names), run)
    return int(exit_codes.AVOCADO_ALL_OK)


def _add(data: DataFolder, config: dict[str, Any]) -> int:
    from avocado_pin.base.errors import BadConfiguration
    from avocado_pin.kernels import own_kernel
    from avocado_pin.setup import kernels_kept

    name = config["pin_name"]
    tree, image, headers, modules = (
        Path(config[key]).resolve() if config[key] else None
        for key in ("pin_tree", "pin_image", "pin_headers", "pin_modules")
    )
    if image and modules and not headers:
        # Where a kernel that is installed says that its headers are.
        headers = (modules / "build").resolve()
    if bool(image) != bool(headers):
        raise BadConfiguration(
            "--image",
            got=f"{'an' if image else 'no'} image and {'' if headers else 'no '}headers",
            expected="--image with --headers, or with --modules whose link build leads to them",
            look_at="avocado pin-kernel add --help",
        )

    def read(kernels: Path, builder: Path | None) -> Any:
        if tree:
            return own_kernel.from_tree(name, tree, kernels, builder)
        if image and headers:
            return own_kernel.from_files(name, image, headers, modules, kernels, builder)
        debs = [Path(path).resolve() for path in config["pin_debs"]]
        return own_kernel.from_packages(name, debs, kernels, builder)

    compiler = config["pin_compiler"] or ("debian" if config["pin_debs"] else "host")
    added = kernels_kept.add(data, name, read, compiler == "debian")
    LOG.info(
        "Ready: %s is %s; try: avocado run -p kernel=%s pin_smoke",
        *(name, added.kernel.release, name),
    )
    return int(exit_codes.AVOCADO_ALL_OK)


def _remove(data: DataFolder, config: dict[str, Any]) -> int:
    from avocado_pin.setup import kernels_kept

    _say_removed(kernels_kept.remove(data, config["pin_kernels"]))
    return int(exit_codes.AVOCADO_ALL_OK)


def _prune(data: DataFolder, config: dict[str, Any]) -> int:
    from avocado_pin.setup import kernels_kept

    before = sum(kernels_kept.sizes(data).values())
    _say_removed(kernels_kept.prune(data, config["pin_keep"]))
    LOG.info("%d MiB less", (before - sum(kernels_kept.sizes(data).values())) // MIB)
    return int(exit_codes.AVOCADO_ALL_OK)


def _say_removed(gone: "list[GuestImage]") -> None:
    for image in gone:
        LOG.info("removed %s@%s", image.kernel.title, image.kernel.version)
