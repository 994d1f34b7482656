"""Cartesian parameters, which are strings, become a variant: the one place that reads them."""

from collections.abc import Mapping

from avocado_pin.base.typed_text import Reader
from avocado_pin.variant import expectation_parser, expectation_words, numa_nodes
from avocado_pin.variant.axes import (
    ACCELERATORS,
    BALANCING,
    BALANCINGS,
    MIB,
    MIGRATORS,
    MOVES,
    NEEDS,
    PAGE_BYTES,
    PAGE_KINDS,
    PINS,
    RESERVED_MIB,
    TESTS,
)
from avocado_pin.variant.expectation_parser import NOT_APPLICABLE, Expectation
from avocado_pin.variant.numa_nodes import Layout, Node
from avocado_pin.variant.variant import Variant


def from_params(params: Mapping[str, str]) -> Variant:
    """Return the typed record of a variant's parameters.

    :raises BadConfiguration: naming the parameter, its value and what is allowed
    """
    return _variant(Reader(params))


def names_read(params: Mapping[str, str]) -> set[str]:
    """Return the names of the parameters that are read of a variant's: the same for all.

    :raises BadConfiguration: as from_params()
    """
    reader = Reader(params)
    _variant(reader)
    return reader.asked


def _variant(reader: Reader) -> Variant:
    nodes = numa_nodes.read(reader)
    workload_cpu = reader.integer("workload_cpu", 0, len(nodes.cpus) - 1, "a CPU in the layout")
    home = _home(reader, nodes, workload_cpu)
    writer_cpus = _writer_cpus(reader, nodes, workload_cpu)
    kind = reader.choice("page_kind", PAGE_KINDS)
    movable_mib = reader.integer("movable_mib", 0, nodes.mem_mib, "MiB")
    expect, expect_control = (_expectation(reader, n) for n in ("expect", "expect_control"))
    return Variant(
        name=reader.text("shortname"),
        type=reader.choice("type", TESTS),
        layout=nodes,
        movable_mib=movable_mib,
        kernel=reader.text("kernel"),
        kernel_flavour=reader.text("kernel_flavour"),
        kernel_config=tuple(reader.text("kernel_config").split()),
        kernel_args=reader.text("kernel_args"),
        accelerator=reader.choice("accelerator", ACCELERATORS),
        driver_source=reader.text("driver_source"),
        balancing=_balancing(reader),
        settings=_settings(reader),
        need=reader.choice("need", NEEDS),
        after_preflight=reader.text("after_preflight"),
        reuse_guest=reader.flag("reuse_guest"),
        snapshot=reader.flag("snapshot"),
        boot_deadline_s=reader.number("boot_deadline_s", 1, 3600, "seconds"),
        command_deadline_s=reader.number("command_deadline_s", 1, 3600, "seconds"),
        migrator=reader.choice("migrator", MIGRATORS),
        pin=reader.choice("pin", PINS),
        page_kind=kind,
        pages=_pages(reader, home, kind, bool(movable_mib)),
        touch_first=reader.flag("touch_first"),
        home_node=home.number,
        target_node=_target(reader, nodes, writer_cpus),
        workload_cpu=workload_cpu,
        writer_cpus=writer_cpus,
        access=reader.choice("access", ("write", "read")),
        scratch_pages=reader.integer("scratch_pages", 0, 65536, "pages"),
        writer_delay_s=reader.number("writer_delay_s", 0, 3600, "seconds"),
        sample_interval_s=reader.number("sample_interval_s", 0.1, 3600, "seconds"),
        samples=reader.integer("samples", 0, 100000, "samples (0: until the outcome is settled)"),
        move_deadline_s=reader.number("move_deadline_s", 1, 86400, "seconds"),
        hold_s=reader.number("hold_s", 0, 86400, "seconds"),
        expect=expect,
        expect_control=expect_control,
        expect_why=_why(reader, [expect, expect_control]),
        moves=reader.choice("moves", MOVES),
        moved_min_percent=reader.number("moved_min_percent", 1, 100, "percent"),
        faults=expectation_words.choice(reader, "faults", expectation_words.FAULTS),
        zone_movable=expectation_words.choice(
            reader, "zone_movable", (expectation_words.ZONE_LEFT, expectation_words.ZONE_KEPT)
        ),
        answer_moved=expectation_words.answers(reader, "answer_moved"),
        answer_stayed=expectation_words.answers(reader, "answer_stayed"),
        answer_inconclusive=expectation_words.answers(
            reader, "answer_inconclusive", everywhere=True
        ),
        by_kernel=tuple(expectation_words.read(reader)),
        newest_kernel_seen=expectation_words.newest_kernel_seen(reader),
    )


def _balancing(reader: Reader) -> str:
    """A forced move can't be judged if balancing moves the pages back."""
    value = reader.choice("balancing", BALANCINGS)
    migrator = reader.choice("migrator", MIGRATORS)
    if migrator != BALANCING and value != "off":
        raise reader.bad("balancing", repr(value), f"off with the forced migrator {migrator}")
    return value


def _node(reader: Reader, nodes: Layout, name: str) -> Node:
    return nodes.nodes[reader.integer(name, 0, len(nodes.nodes) - 1, "a node in the layout")]


def _home(reader: Reader, nodes: Layout, workload_cpu: int) -> Node:
    home = _node(reader, nodes, "home_node")
    if home.cpus and workload_cpu not in home.cpus:
        allowed = f"a CPU of home_node {home.number}, or a home_node without CPUs"
        raise reader.bad("workload_cpu", workload_cpu, allowed)
    return home


def _writer_cpus(reader: Reader, nodes: Layout, workload_cpu: int) -> tuple[int, ...]:
    at = reader.choice("writer_at", ("near", "far", "none"))
    reader.ask("near_node", "far_node", "writers")
    if at == "none":
        return ()
    node = _node(reader, nodes, f"{at}_node")
    cpus = sorted(node.cpus - {workload_cpu})
    wanted = reader.integer("writers", 1, max(1, len(cpus)), f"CPUs of node {node.number}")
    if not cpus:
        raise reader.bad(f"{at}_node", node.number, "a node with a CPU beside workload_cpu")
    return tuple(cpus[:wanted])


def _target(reader: Reader, nodes: Layout, writer_cpus: tuple[int, ...]) -> int:
    """The node pages are to move to; one the guest does not have is allowed if it is named."""
    if reader.text("target_node"):
        return reader.integer("target_node", 0, 1023, "a node")
    if writer_cpus:
        return nodes.node_of(writer_cpus[0]).number
    return _node(reader, nodes, "near_node").number


def _pages(reader: Reader, home: Node, kind: str, movable: bool) -> int:
    """Base pages of a region: all regions must fit on the node on which they start."""
    # With a zone to leave and one to go to, each has half of the node.
    room_mib = (home.mem_mib // (2 if movable else 1)) - RESERVED_MIB
    regions = PINS[reader.choice("pin", PINS)].regions
    most = room_mib * MIB // PAGE_BYTES // regions
    if most < 1:
        allowed = f"more than {RESERVED_MIB} MiB on node {home.number}, to hold the regions"
        raise reader.bad("numa_mem_mib_*", home.mem_mib, allowed)
    pages = reader.integer("pages", 1, most, "pages")
    if pages % PAGE_KINDS[kind]:
        raise reader.bad("pages", pages, f"a multiple of {PAGE_KINDS[kind]} for page_kind {kind}")
    return pages


def _settings(reader: Reader) -> tuple[tuple[str, str], ...]:
    """What is set in the guest before the workload: name and value; a later one wins."""
    found: dict[str, str] = {}
    for name in ("settings_page_kind", "settings_migrator", "settings_balancing"):
        for word in reader.text(name).split():
            key, separator, value = word.partition("=")
            if not separator:
                raise reader.bad(name, repr(word), "NAME=VALUE")
            found[key] = value
    return tuple(found.items())


def _expectation(reader: Reader, name: str) -> Expectation:
    text = reader.text(name)
    try:
        return expectation_parser.parse(text)
    except ValueError as error:
        allowed = f"decided in configs/expectations_by_kernel.cfg: {expectation_parser.ALLOWED}"
        raise reader.bad(name, repr(text), allowed) from error


def _why(reader: Reader, outcomes: list[Expectation]) -> str:
    """A cancelled test must say why it can say nothing."""
    why = reader.text("expect_why")
    if not why and any(outcome.mentions(NOT_APPLICABLE) for outcome in outcomes):
        raise reader.bad("expect_why", "nothing", f"the reason for {NOT_APPLICABLE}")
    return why
