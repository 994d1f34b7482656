"""verdict.json, a class for each of its objects: its only schema (docs/verdict.md)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from avocado_pin.rules.judge import Rule
from avocado_pin.variant.expectation_parser import Expected
from avocado_pin.variant.expectation_words import Difference
from avocado_pin.variant.variant import Variant

# Of verdict.json and the files beside it: 2 since a test is judged by its files alone.
Version = Literal[2]
(SCHEMA,) = get_args(Version)
Status = Annotated[str, Meta(pattern="^(PASS|FAIL|ERROR|CANCEL)$")]
Came = Annotated[str, Meta(pattern="^(fresh|restored|reused)$")]
Accelerator = Annotated[str, Meta(pattern="^(kvm|tcg)$")]
Word = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class Environment(Struct, kw_only=True):
    """What a verdict is reached with; what a test did not come to is left out.

    :param kernel_asked: release of the kernel that was to boot
    :param kernel_release: what the guest itself says (uname -r); None if it did not come to that
    """

    avocado_pin: Word
    host: Word
    accelerator: Accelerator
    accelerator_reason: Word
    accelerator_option: Word
    cpu_model: Word
    qemu_version: Word
    kernel: Word
    kernel_flavour: str
    # verdict.json has had it since a later time than schema 2.
    kernel_asked: Word | UnsetType = UNSET
    kernel_version: Word
    kernel_release: Word | None
    guest_boot: Came | UnsetType = UNSET
    guest_tests: Positive | UnsetType = UNSET
    driver_version: Word | UnsetType = UNSET
    driver_abi: Positive | UnsetType | None = UNSET
    page_size: Positive | UnsetType = UNSET


class Told(Struct, frozen=True, kw_only=True):
    """All that verdict.json has.

    :param variant: every parameter, whose names are those of avocado_pin/variant/variant.py then
    """

    schema: Version
    test: Word
    status: Status
    text: str
    kernel_warned_before: list[Word]
    # verdict.json has had it since a later time than schema 2.
    newer_than_seen: str | UnsetType = UNSET
    rules: list[Rule]
    variant: dict[Word, Any]
    expected: Expected
    of_some_kernels: list[Difference]
    environment: Environment
    phases_s: dict[Word, Seconds]
    phases_began: dict[Word, Seconds]


def in_words(variant: Variant) -> dict[str, Any]:
    """Return every parameter in words that JSON has; what must happen stands by itself."""
    value = asdict(variant)
    for name in ("expect", "expect_control", "by_kernel", "differences", "newer_than_seen"):
        del value[name]
    value["settings"] = dict(variant.settings)
    del value["layout"]
    value["nodes"] = [
        {"number": node.number, "mem_mib": node.mem_mib, "cpus": sorted(node.cpus)}
        for node in variant.layout.nodes
    ]
    value["distances"] = variant.layout.distances
    return value


def word_on_the_kernel(newer_than_seen: str, warned_before: Sequence[str]) -> str:
    """Return what is to be said of a guest's kernel beside a verdict, or nothing.

    It changes no status: the pages were judged by their own rules.

    :param newer_than_seen: that field of a verdict.json
    :param warned_before: its field kernel_warned_before
    """
    warned = f"the kernel had warned before the test: {warned_before[0]}" if warned_before else ""
    return "; ".join(filter(None, (newer_than_seen, warned)))
