"""Which tests can use the same guest: those whose parameters, the guest's, are the same."""

from collections.abc import Iterable, Mapping
from dataclasses import fields

from avocado_pin.store import fingerprint
from avocado_pin.variant import Variant

# Fields of a variant that say what guest it needs; the layout has parameters of other names.
OF_THE_GUEST = {"kernel_flavour", "kernel_args", "accelerator"}
# Every other parameter counts, whether it is one of Avocado-VT's or unknown.
_OF_THE_TEST = {field.name for field in fields(Variant)} - OF_THE_GUEST
_NAMES = {"name", "shortname", "type"}


def of(params: Mapping[str, str], *more: str) -> str:
    """Return the key of the guest that a test with these parameters needs.

    :param more: what else makes the guest
    """
    counted = sorted(set(params) - _OF_THE_TEST - _NAMES)
    return fingerprint([*(f"{name}={params[name]}" for name in counted), *more])


def grouped(cells: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return the parameters of cells so that those that can use the same guest follow each other.

    Groups, and cells in a group, stay in the order they were in.
    """
    groups: dict[str, list[dict[str, str]]] = {}
    for cell in cells:
        groups.setdefault(of(cell), []).append(cell)
    return [cell for group in groups.values() for cell in group]
