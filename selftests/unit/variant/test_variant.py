"""Cartesian parameters become a typed record, or an error that names the parameter."""

from collections.abc import Callable

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.variant import read_and_check_params, resolve_reference
from avocado_pin.variant.axes import PINS
from avocado_pin.variant.expectation_parser import Outcome
from avocado_pin.variant.variant import Variant

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
FORCED = "pin_smoke.move_pages.driver.anon.pages_1024.two_nodes.normal.off.no_writer"
DEBIAN_12 = "6.1.0-56-cloud-amd64"
# What a node of 2048 MiB has beside the 384 MiB reserved, in pages of 4 KiB; half of that.
ROOM = (2048 - 384) * 256
MOST_PAGES = ROOM // 2
THREE_NODES = {
    "numa_nodes": "node0 node1 node2",
    "numa_mem_mib_node2": "1024",
    "numa_cpulist_node2": "8-9",
}

Read = Callable[..., Variant]


@pytest.fixture(scope="module")
def params() -> dict[str, str]:
    return resolve_reference.cells(CELL)[0]


@pytest.fixture
def read(params: dict[str, str]) -> Read:
    """Return the variant of the cell's parameters, some replaced."""
    return lambda **changes: read_and_check_params.from_params({**params, **changes})


@pytest.fixture(scope="module")
def forced_params() -> dict[str, str]:
    return resolve_reference.cells(FORCED)[0]


@pytest.fixture
def forced(forced_params: dict[str, str]) -> Read:
    """Return the variant of a cell with a forced migrator, some parameters replaced."""
    return lambda **changes: read_and_check_params.from_params({**forced_params, **changes})


# what is read


def test_a_cell_of_the_configuration(read: Read) -> None:
    found = read()
    assert found.name == CELL
    assert (found.migrator, found.pin, found.page_kind, found.pages) == (
        *("balancing", "driver", "anon"),
        100,
    )
    assert (found.home_node, found.target_node, found.workload_cpu) == (0, 1, 0)
    assert (found.writer_cpus, found.access) == ((4,), "write")
    assert [node.mem_mib for node in found.layout.nodes] == [2048, 2048]


@pytest.mark.parametrize(
    ("pin", "pinned", "companion", "unpins"),
    [
        ("unpinned", False, "none", False),
        ("mlock", False, "none", False),
        ("driver", True, "none", False),
        ("uacce", True, "none", False),
        ("driver_read", True, "none", False),
        ("unpinned_after", True, "none", True),
        ("fork", True, "child", False),
        ("double_range", True, "released", False),
    ],
)
def test_what_is_done_to_the_subject(
    read: Read, pin: str, pinned: bool, companion: str, unpins: bool
) -> None:
    assert pin in PINS
    found = read(pin=pin)
    assert found.pinned is pinned
    assert (found.pinning.companion, found.pinning.unpins) == (companion, unpins)


def test_only_balancing_is_not_forced(read: Read, forced: Read) -> None:
    assert not read().forced
    assert forced().forced


@pytest.mark.parametrize(("kind", "unit"), [("anon", 1), ("zero", 1), ("thp", 512)])
def test_pages_that_move_together(forced: Read, kind: str, unit: int) -> None:
    assert forced(page_kind=kind).page_unit == unit


@pytest.mark.parametrize(("pin", "huge"), [("driver", 4), ("fork", 6), ("double_range", 6)])
def test_the_huge_pages_are_those_of_all_regions(forced: Read, pin: str, huge: int) -> None:
    assert forced(pin=pin, page_kind="hugetlb").huge_pages == huge


@pytest.mark.parametrize(("value", "flag"), [("yes", True), ("no", False)])
def test_flags(read: Read, value: str, flag: bool) -> None:
    found = read(touch_first=value, reuse_guest=value)
    assert (found.touch_first, found.reuse_guest) == (flag, flag)


# the settings of the guest


def test_settings_are_names_and_values_in_order(read: Read) -> None:
    assert read().settings == (
        ("scan_delay_ms", "100"),
        ("scan_period_min_ms", "100"),
        ("scan_period_max_ms", "200"),
    )


def test_settings_of_the_kind_come_before_those_of_the_migrator_and_of_balancing(
    forced: Read,
) -> None:
    found = forced(
        settings_page_kind="thp=madvise",
        settings_migrator="demotion_enabled=true",
        settings_balancing="numa_balancing=0",
    )
    assert [name for name, _ in found.settings] == ["thp", "demotion_enabled", "numa_balancing"]


def test_of_two_values_of_a_setting_the_later_wins(forced: Read) -> None:
    found = forced(settings_migrator="thp=never scan_delay_ms=1", settings_page_kind="thp=always")
    assert dict(found.settings)["thp"] == "never"


@pytest.mark.parametrize("name", ["settings_balancing", "settings_migrator", "settings_page_kind"])
@pytest.mark.parametrize("word", ["scan_delay_ms", "scan_delay_ms:1"])
def test_a_setting_without_a_value_is_refused(read: Read, name: str, word: str) -> None:
    with pytest.raises(BadConfiguration, match=f"^{name}: got '{word}', expected NAME=VALUE "):
        read(**{name: f"numa_balancing=1 {word}"})


# where the regions start, who writes, where pages go


@pytest.mark.parametrize(
    ("changes", "cpus"),
    [
        ({}, (4,)),
        ({"writers": "2"}, (4, 5)),
        ({"writers": "4"}, (4, 5, 6, 7)),
        ({"near_node": "2"}, (8,)),
        ({"writer_at": "far", "far_node": "2", "writers": "2"}, (8, 9)),
        ({"near_node": "0", "writers": "3"}, (1, 2, 3)),
        ({"writer_at": "none", "writers": "0"}, ()),
    ],
)
def test_the_writers_cpus_are_the_first_of_their_node(
    read: Read, changes: dict[str, str], cpus: tuple[int, ...]
) -> None:
    assert read(**THREE_NODES, **changes).writer_cpus == cpus


@pytest.mark.parametrize(
    ("changes", "node"),
    [
        ({}, 1),
        ({"near_node": "2"}, 2),
        ({"writer_at": "far", "far_node": "2"}, 2),
        ({"writer_at": "none", "near_node": "2"}, 2),
        ({"target_node": "2"}, 2),
        ({"target_node": "7"}, 7),
    ],
)
def test_pages_go_to_the_writers_node_unless_another_is_named(
    read: Read, changes: dict[str, str], node: int
) -> None:
    assert read(**THREE_NODES, **changes).target_node == node


def test_the_regions_may_start_on_a_node_without_cpus(read: Read) -> None:
    found = read(numa_cpulist_node0="0-7", numa_cpulist_node1="", home_node="1", near_node="0")
    assert (found.home_node, found.workload_cpu, found.writer_cpus) == (1, 0, (1,))


def test_a_workload_off_its_home_node_is_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(workload_cpu="4")
    assert str(caught.value).startswith(
        "workload_cpu: got 4, expected a CPU of home_node 0, or a home_node without CPUs "
    )


@pytest.mark.parametrize(
    ("at", "name", "changes"),
    [
        ("near", "near_node", {"numa_cpulist_node0": "0-7", "numa_cpulist_node1": ""}),
        (
            "near",
            "near_node",
            {"numa_cpulist_node0": "0", "numa_cpulist_node1": "1", "near_node": "0"},
        ),
    ],
)
def test_a_writers_node_without_a_cpu_for_it_is_refused(
    read: Read, at: str, name: str, changes: dict[str, str]
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(writer_at=at, **changes)
    node = changes.get("near_node", "1")
    assert str(caught.value).startswith(
        f"{name}: got {node}, expected a node with a CPU beside workload_cpu "
    )


def test_more_writers_than_cpus_of_their_node_are_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(writers="5")
    assert str(caught.value).startswith(
        "writers: got '5', expected a whole number from 1 to 4 (CPUs of node 1) "
    )


def test_a_far_writer_where_nothing_is_far_is_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration, match=r"^far_node: got '', .* 0 to 1 \(a node in the lay"):
        read(writer_at="far")


# how many pages fit


def test_as_many_pages_as_half_of_the_home_node_holds_are_accepted(read: Read) -> None:
    assert read(pages=str(MOST_PAGES)).pages == MOST_PAGES


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ({}, MOST_PAGES),
        ({"numa_mem_mib_node1": "512"}, MOST_PAGES),
        ({"numa_mem_mib_node0": "512"}, 128 * 256 // 2),
        ({"pin": "fork"}, ROOM // 3),
        ({"pin": "double_range"}, ROOM // 3),
        ({"movable_mib": "2048"}, (1024 - 384) * 256 // 2),
        ({"movable_mib": "1", "pin": "fork"}, (1024 - 384) * 256 // 3),
    ],
)
def test_the_pages_are_bound_by_the_room_on_the_home_node(
    read: Read, changes: dict[str, str], most: int
) -> None:
    assert read(**changes, pages=str(most)).pages == most
    with pytest.raises(BadConfiguration) as caught:
        read(**changes, pages=str(most + 1))
    assert str(caught.value).startswith(
        f"pages: got '{most + 1}', expected a whole number from 1 to {most} (pages) "
    )


@pytest.mark.parametrize("mem_mib", ["0", "384"])
def test_a_home_node_without_room_is_refused(read: Read, mem_mib: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(pages="1", numa_mem_mib_node0=mem_mib)
    assert str(caught.value).startswith(
        f"numa_mem_mib_*: got {mem_mib}, expected more than 384 MiB on node 0, to hold the regions "
    )


def test_a_target_node_needs_no_room(read: Read) -> None:
    assert read(numa_mem_mib_node1="0").target_node == 1


@pytest.mark.parametrize("kind", ["thp", "hugetlb", "hugetlb_memfd"])
def test_pages_that_are_no_whole_huge_pages_are_refused(forced: Read, kind: str) -> None:
    assert forced(page_kind=kind, pages="512").pages == 512
    with pytest.raises(BadConfiguration) as caught:
        forced(page_kind=kind, pages="513")
    assert str(caught.value).startswith(
        f"pages: got 513, expected a multiple of 512 for page_kind {kind} "
    )


# balancing and forced migrators


@pytest.mark.parametrize("value", ["stock", "fast"])
def test_a_forced_migrator_with_balancing_on_is_refused(forced: Read, value: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        forced(balancing=value)
    assert str(caught.value).startswith(
        f"balancing: got '{value}', expected off with the forced migrator move_pages "
    )


def test_balancing_may_be_off_without_a_forced_migrator(read: Read) -> None:
    assert read(balancing="off").balancing == "off"


# what must happen


def test_what_must_happen_on_a_kernel(read: Read) -> None:
    found = read(expect="stay, 6.5 pin_refused EFAULT", expect_why="a commit")
    assert found.expected(DEBIAN_12).subject == Outcome("stay")
    assert found.expected("6.12.1").subject == Outcome("pin_refused", "EFAULT")
    assert found.expected("6.12.1").control == Outcome("move")


@pytest.mark.parametrize("name", ["expect", "expect_control"])
@pytest.mark.parametrize("value", ["undecided", "", "stays", "pin_refused", "stay, 6.5"])
def test_what_is_undecided_or_unknown_is_refused(read: Read, name: str, value: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(**{name: value})
    assert str(caught.value).startswith(
        f"{name}: got {value!r}, expected decided in configs/expectations_by_kernel.cfg: move, "
        "stay, not_applicable, or pin_refused or move_refused with an errno's name; "
    )


@pytest.mark.parametrize("value", ["not_applicable", "move, 6.5 not_applicable"])
def test_what_can_say_nothing_without_a_reason_is_refused(read: Read, value: str) -> None:
    assert read(expect_control=value, expect_why="it can't").expect_why == "it can't"
    with pytest.raises(BadConfiguration) as caught:
        read(expect_control=value, expect_why="")
    assert str(caught.value).startswith(
        "expect_why: got nothing, expected the reason for not_applicable "
    )


def test_answers_are_words(forced: Read) -> None:
    found = forced(answer_moved="0 EAGAIN", answer_stayed="not_moved")
    assert found.answer_moved == ("0", "EAGAIN")
    assert found.answer_stayed == ("not_moved",)


@pytest.mark.parametrize("name", ["answer_moved", "answer_stayed"])
@pytest.mark.parametrize("word", ["1", "-5", "EFOO", "eio", "moved"])
def test_no_answer_of_a_kernel(forced: Read, name: str, word: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        forced(**{name: f"0 {word}"})
    assert str(caught.value).startswith(
        f"{name}: got '{word}', expected any of 0, target, not_moved, not_moved_but_one, "
        "others_not_moved and "
    )


# what is refused: the parameter, its value, what is allowed


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *(
            ("pages", value, f"a whole number from 1 to {MOST_PAGES} (pages)")
            for value in ("0", "-1", "x", "", "1.5")
        ),
        *(
            ("workload_cpu", value, "a whole number from 0 to 7 (a CPU in the layout)")
            for value in ("8", "-1", "0-3")
        ),
        *(
            (name, value, "a whole number from 0 to 1 (a node in the layout)")
            for name in ("home_node", "near_node")
            for value in ("2", "-1", "")
        ),
        ("target_node", "1024", "a whole number from 0 to 1023 (a node)"),
        ("target_node", "-1", "a whole number from 0 to 1023 (a node)"),
        ("migrator", "page_migration", "one of balancing, move_pages, migrate_pages, mbind, "),
        ("pin", "none", "one of unpinned, mlock, driver, uacce, driver_read, unpinned_after, "),
        ("pin", "", "one of unpinned, mlock, driver, "),
        ("page_kind", "huge", "one of anon, shmem, file, zero, ksm, thp, hugetlb, hugetlb_memfd"),
        ("balancing", "on", "one of stock, fast, off"),
        ("need", "a disk", "one of nothing, disk, swap"),
        ("moves", "away", "one of to_target, elsewhere, to_swap"),
        ("faults", "pages", "one of none, page, huge_page, unchecked"),
        ("newest_kernel_seen", "7", "major and minor, as 7.3, or nothing"),
        ("access", "execute", "one of write, read"),
        ("writer_at", "home", "one of near, far, none"),
        ("writers", "0", "a whole number from 1 to 4 (CPUs of node 1)"),
        ("touch_first", "true", "one of yes, no"),
        ("reuse_guest", "", "one of yes, no"),
        ("accelerator", "hvf", "one of auto, kvm, tcg"),
        ("movable_mib", "4097", "a whole number from 0 to 4096 (MiB)"),
        ("movable_mib", "-1", "a whole number from 0 to 4096 (MiB)"),
        ("scratch_pages", "-1", "a whole number from 0 to 65536 (pages)"),
        ("boot_deadline_s", "0", "a number of seconds from 1 to 3600"),
        ("command_deadline_s", "soon", "a number of seconds from 1 to 3600"),
        ("writer_delay_s", "-1", "a number of seconds from 0 to 3600"),
        ("sample_interval_s", "0", "a number of seconds from 0.1 to 3600"),
        ("samples", "-1", "a whole number from 0 to 100000"),
        ("move_deadline_s", "0", "a number of seconds from 1 to 86400"),
        ("move_deadline_s", "nan", "a number of seconds from 1 to 86400"),
        ("answer_inconclusive", "EBUSY, 6.1 EAGAIN", "the same answers on all kernels"),
        ("hold_s", "-1", "a number of seconds from 0 to 86400"),
        ("hold_s", "inf", "a number of seconds from 0 to 86400"),
        ("moved_min_percent", "0", "a number of percent from 1 to 100"),
        ("moved_min_percent", "101", "a number of percent from 1 to 100"),
    ],
)
def test_a_value_is_refused(read: Read, name: str, value: str, allowed: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(**{name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: got {value!r}, expected {allowed}")
    assert text.endswith(f"(see configs/, variant {CELL})")


# Each that is read in any cell: a parameter of one page kind, say, is not.
@pytest.mark.parametrize(
    "name",
    [
        *("accelerator", "access", "after_preflight", "answer_moved", "balancing"),
        *("boot_deadline_s", "driver_source", "expect", "expect_control", "expect_why", "faults"),
        *("hold_s", "home_node", "kernel_args", "kernel_flavour", "migrator", "movable_mib"),
        *("move_deadline_s", "moved_min_percent", "moves", "need", "numa_distances", "numa_nodes"),
        *("page_kind", "pages", "pin", "reuse_guest", "sample_interval_s", "samples"),
        *("scratch_pages", "settings_balancing", "settings_migrator", "settings_page_kind"),
        *(
            "lower_tier_node",
            "shortname",
            "target_node",
            "touch_first",
            "workload_cpu",
            "writer_at",
        ),
        *("writer_delay_s", "writers"),
    ],
)
def test_a_missing_parameter_is_refused(params: dict[str, str], name: str) -> None:
    rest = {key: value for key, value in params.items() if key != name}
    with pytest.raises(BadConfiguration, match=f"^{name}: got no value, expected the parameter"):
        read_and_check_params.from_params(rest)


def test_answers_by_kernel_version(forced: Read) -> None:
    found = forced(answer_stayed="not_moved_but_one, 6.1 not_moved")
    assert found.on("5.10.0-46-cloud-amd64").answer_stayed == ("not_moved_but_one",)
    assert found.on("6.1.0-56-cloud-amd64").answer_stayed == ("not_moved",)
    assert found.on("7.3.4+deb13-cloud-amd64").answer_stayed == ("not_moved",)


def test_what_only_some_kernels_do_is_told_with_its_source(forced: Read) -> None:
    found = forced(answer_stayed="not_moved_but_one, 6.1 not_moved, 7.0 EIO", answer_why="a commit")
    for release, text in (
        ("5.10.0-46-cloud-amd64", "before 6.1: answer_stayed = not_moved_but_one"),
        ("6.12.1", "from 6.1 on, before 7.0: answer_stayed = not_moved"),
        ("7.3.4", "from 7.0 on: answer_stayed = EIO"),
    ):
        (one,) = found.on(release).differences
        assert (str(one), one.why) == (f"of kernels {text}", "a commit")


def test_what_does_not_count_in_a_test_is_not_told(forced: Read, read: Read) -> None:
    stayed = {"answer_stayed": "not_moved_but_one, 6.1 not_moved", "answer_why": "a commit"}
    assert forced(**stayed, expect="move").on(DEBIAN_12).differences == ()
    assert read(**stayed).on(DEBIAN_12).differences == ()
    faults = {"faults": "none, 6.6 huge_page", "faults_why": "a commit"}
    assert read(**faults, touch_first="yes").on(DEBIAN_12).differences == ()
    assert read(**faults).on(DEBIAN_12).faults == "none"
    assert read(**faults).on("6.12.1").faults == "huge_page"


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("expect", "stay, 6.5 pin_refused EFAULT", "expect_why"),
        ("answer_stayed", "EIO, 6.1 0", "answer_why"),
        ("faults", "none, 6.6 huge_page", "faults_why"),
    ],
)
def test_a_difference_without_a_source_is_refused(
    read: Read, name: str, value: str, source: str
) -> None:
    with pytest.raises(BadConfiguration, match=f"{source}: got nothing, .*{name} differs"):
        read(**{name: value, source: ""})


def test_answers_of_versions_out_of_order_are_refused(forced: Read) -> None:
    with pytest.raises(BadConfiguration, match=r"answer_stayed: got .*from a kernel version on"):
        forced(answer_stayed="0, 6.1 EIO, 5.10 EBUSY")
