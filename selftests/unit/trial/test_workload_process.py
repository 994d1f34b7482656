"""The options that a variant's workload is started with."""

import pytest

from avocado_pin.trial import workload_process
from avocado_pin.variant.variant import Variant

from ..runs import PASSED, PINNED, VariantOf


@pytest.fixture
def pinned_options(pinned: Variant) -> list[str]:
    return workload_process.options(pinned)


def test_the_options_of_a_pinned_run(pinned_options: list[str]) -> None:
    assert pinned_options == [
        "--pages=100",
        "--page-kind=anon",
        "--pin=driver",
        "--companion=none",
        "--migrator=balancing",
        "--cpu=0",
        "--home-node=0",
        "--target-node=1",
        "--access=write",
        "--scratch-pages=128",
        f"--max-seconds={180 + workload_process.SPARE_S}",
        "--writer-cpus=4",
    ]


@pytest.mark.parametrize(
    ("run", "options"),
    [
        ("fork", {"--companion=child", "--pin=driver"}),
        ("fork_reads", {"--companion=child_reads", "--pin=driver"}),
        ("fork_exits", {"--companion=child_exits", "--pin=driver"}),
        ("double_range", {"--companion=released", "--pin=driver"}),
        ("mlock", {"--pin=mlock"}),
        ("unpinned_100", {"--pin=none"}),
        ("unpinned_after", {"--pin=driver", "--companion=none"}),
        ("thp", {"--page-kind=thp", "--pages=1024"}),
        ("movable", {"--touch-first"}),
        ("file", {"--page-kind=file", f"--dir={workload_process.DISK}"}),
        ("one_node", {"--target-node=1", "--home-node=0", "--migrator=move_pages"}),
        ("seed_pinned", {"--writer-delay-ms=10000", "--scratch-pages=0"}),
        ("demotion", {"--migrator=demotion", "--home-node=0", "--target-node=1"}),
    ],
)
def test_what_a_variant_adds(variant_of: VariantOf, run: str, options: set[str]) -> None:
    assert options <= set(workload_process.options(variant_of(*PASSED[run])))


@pytest.mark.parametrize("run", ["move_pages", "reclaim", "one_node"])
def test_without_a_writer_there_is_no_cpu_for_it(variant_of: VariantOf, run: str) -> None:
    options = workload_process.options(variant_of(*PASSED[run]))
    assert not any(option.startswith("--writer-cpus") for option in options)


def test_several_writers_have_a_cpu_each(variant_of: VariantOf) -> None:
    assert "--writer-cpus=4,5" in workload_process.options(variant_of(PINNED, "writers=2"))


def test_the_workload_outlives_a_fixed_number_of_samples(variant_of: VariantOf) -> None:
    options = workload_process.options(variant_of(*PASSED["seed_pinned"]))
    assert f"--max-seconds={10 + 180 + workload_process.SPARE_S + 20}" in options
