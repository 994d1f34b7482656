"""A variant: the typed record of a cell's parameters (read_and_check_params.py makes it)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from avocado_pin.variant.axes import BALANCING, HUGE, PAGE_KINDS, PINS, Pin
from avocado_pin.variant.expectation_parser import Expectation, Expected, version
from avocado_pin.variant.expectation_words import ByKernel, Difference
from avocado_pin.variant.numa_nodes import Layout


@dataclass(frozen=True)
class Variant:
    """One cell of a set of tests. configs/variant_defaults.cfg and configs/axes/ explain fields.

    Times are seconds unless the name says otherwise.
    """

    name: str
    type: str
    # the guest
    layout: Layout
    movable_mib: int
    kernel: str
    kernel_flavour: str
    kernel_config: tuple[str, ...]
    kernel_args: str
    accelerator: str
    driver_source: str
    balancing: str
    settings: tuple[tuple[str, str], ...]
    need: str
    after_preflight: str
    reuse_guest: bool
    snapshot: bool
    boot_deadline_s: float
    command_deadline_s: float
    # the workload
    migrator: str
    pin: str
    page_kind: str
    pages: int
    touch_first: bool
    home_node: int
    target_node: int
    workload_cpu: int
    writer_cpus: tuple[int, ...]
    access: str
    scratch_pages: int
    writer_delay_s: float
    # the samples
    sample_interval_s: float
    samples: int
    move_deadline_s: float
    hold_s: float
    # what must happen
    expect: Expectation
    expect_control: Expectation
    expect_why: str
    moves: str
    moved_min_percent: float
    faults: str
    zone_movable: str
    answer_moved: tuple[str, ...]
    answer_stayed: tuple[str, ...]
    answer_inconclusive: tuple[str, ...]
    # what differs between kernels, and of that what is so on the guest's own
    by_kernel: tuple[ByKernel, ...]
    newest_kernel_seen: str
    differences: tuple[Difference, ...] = ()
    # a word on a guest's kernel that is newer; empty: it is not
    newer_than_seen: str = ""

    @property
    def pinning(self) -> Pin:
        """What is done to the subject."""
        return PINS[self.pin]

    @property
    def pinned(self) -> bool:
        """Whether the subject has long-term pins."""
        return self.pinning.long_term

    @property
    def forced(self) -> bool:
        """Whether the migrator is asked for once, and not NUMA balancing."""
        return self.migrator != BALANCING

    @property
    def huge_pages(self) -> int:
        """Huge pages of all regions together."""
        return self.pinning.regions * self.pages // HUGE

    def expected(self, release: str) -> Expected:
        """Return what must happen on a kernel.

        :param release: as uname -r says it
        """
        return Expected(self.expect.at(release), self.expect_control.at(release))

    def on(self, release: str) -> "Variant":
        """Return the variant with what differs between kernels as it is on one.

        :param release: as uname -r says it
        """
        words = {one.parameter: one.at(release) for one in self.by_kernel}
        here = replace(
            self,
            faults=words.get("faults", (self.faults,))[0],
            zone_movable=words.get("zone_movable", (self.zone_movable,))[0],
            answer_moved=words.get("answer_moved", self.answer_moved),
            answer_stayed=words.get("answer_stayed", self.answer_stayed),
        )
        return replace(
            here,
            differences=tuple(here._differences(release)),
            newer_than_seen=self._newer_than_seen(release),
        )

    def _newer_than_seen(self, release: str) -> str:
        if not self.newest_kernel_seen or version(release) <= version(self.newest_kernel_seen):
            return ""
        newest = f"{self.newest_kernel_seen}, the newest that was seen"
        return f"kernel {release} is newer than {newest}: what is expected of it is a guess"

    def _differences(self, release: str) -> Iterator[Difference]:
        """Yield what is so on some kernels only and counts in this test."""
        stays = self.expected(release).stays
        for one in self.by_kernel:
            counts = {
                "answer_moved": self.forced,
                "answer_stayed": self.forced and stays,
                "faults": self.pinned and not self.touch_first,
                "zone_movable": self.pinned and bool(self.movable_mib),
            }
            if counts.get(one.parameter, True):
                yield one.difference(release)

    @property
    def page_unit(self) -> int:
        """Base pages that only move together."""
        return PAGE_KINDS[self.page_kind]
