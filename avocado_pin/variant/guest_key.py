"""Which tests can use the same guest: those whose parameters of the guest are the same."""

from collections.abc import Callable, Iterable, Mapping

from avocado_pin.base.kept_folders import fingerprint
from avocado_pin.variant import refuse_unknown_names

# The parameters of configs/variant_defaults.cfg that say what guest a test needs, beside numa_*.
# All else there is of the test; what is not there is Avocado-VT's, and counts.
OF_THE_GUEST = {
    "accelerator",
    "kernel",
    "kernel_args",
    "kernel_config",
    "kernel_flavour",
    "movable_mib",
    "reuse_guest",
}
_NAMES = {"name", "shortname"}


def of(params: Mapping[str, str], *more: str) -> str:
    """Return the key of the guest that a test with these parameters needs.

    :param params: of a cell, or all that Avocado-VT gets
    :param more: what else makes the guest
    """
    test = {
        name
        for name in refuse_unknown_names.base_names() | _NAMES
        if name not in OF_THE_GUEST and not name.startswith("numa_")
    }
    counted = sorted(set(params) - test)
    return fingerprint([*(f"{name}={params[name]}" for name in counted), *more])


def grouped(cells: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return the parameters of cells so that those that can use the same guest follow each other.

    All of a kernel's come before the next kernel's. Else kernels, groups, and cells in a group stay
    in the order they were in.
    """
    kernels = _groups(cells, lambda cell: cell.get("kernel", ""))
    return [cell for kernel in kernels for group in _groups(kernel) for cell in group]


def alone(cells: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return the parameters of the cells of a job whose guests no other one of them can use."""
    return [group[0] for group in _groups(cells) if len(group) == 1]


def _groups(
    cells: Iterable[dict[str, str]], key: Callable[[dict[str, str]], str] = of
) -> list[list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return list(groups.values())
