from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.base.architecture import AMD64
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.qemu import binary, command_line_of_all_guests, ssh_port
from avocado_pin.variant.variant import Variant

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
VariantOf = Callable[..., Variant]


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> GuestImage:
    """Return an image, with a QEMU 7.2 to boot it."""
    monkeypatch.setattr(binary, "find", lambda _: Path("/usr/bin/qemu-system-x86_64"))
    monkeypatch.setattr(binary, "version", lambda _: (7, 2, 22))
    kernel = Kernel(
        name="bookworm",
        flavour="cloud",
        release="6.1.0-56-cloud-amd64",
        version="6.1.192-2",
        folder=tmp_path,
        image=tmp_path / "boot" / "vmlinuz-6.1.0-56-cloud-amd64",
        headers=tmp_path / "usr" / "src" / "linux-headers-6.1.0-56-cloud-amd64",
    )
    return GuestImage(kernel, tmp_path / "initrd", tmp_path, "amd64")


# forwarded_port


def test_the_forwarded_port_is_the_hosts(captured: Callable[[str], str]) -> None:
    assert ssh_port.forwarded_port(captured("qemu/info_usernet.txt")) == 46771


def test_without_a_forward_there_is_no_port(captured: Callable[[str], str]) -> None:
    lines = captured("qemu/info_usernet.txt").splitlines()[:2]
    assert ssh_port.forwarded_port("\n".join(lines)) is None


def test_a_forward_from_another_address_is_not_taken(captured: Callable[[str], str]) -> None:
    text = captured("qemu/info_usernet.txt").replace("127.0.0.1", "0.0.0.0")
    assert ssh_port.forwarded_port(text) is None


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("info_usernet", []),
        ("info_usernet_established", ["ESTABLISHED"]),
        ("info_usernet_fin_wait_1", ["FIN_WAIT_1"]),
        ("info_usernet_time_wait", []),
    ],
)
def test_a_connection_is_left_until_the_guest_has_ended_it(
    captured: Callable[[str], str], name: str, left: list[str]
) -> None:
    assert ssh_port.connections(captured(f"qemu/{name}.txt")) == left


# accelerator


@pytest.mark.parametrize(
    ("version", "option"),
    [
        ((7, 2, 22), "tcg,thread=single"),
        ((9, 2, 0), "tcg,thread=single"),
        ((10, 0, 0), "tcg,thread=multi"),
        ((10, 0, 2), "tcg,thread=multi"),
    ],
)
def test_tcg_has_several_threads_only_where_that_is_safe(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], option: str
) -> None:
    monkeypatch.setattr(binary, "version", lambda _: version)
    assert binary.accelerator_option("tcg", Path("qemu")) == option


def test_kvm_is_kvm() -> None:
    assert binary.accelerator_option("kvm", Path("no-such-qemu")) == "kvm"


def test_a_qemu_that_does_not_say_its_version_is_refused() -> None:
    with pytest.raises(
        BadConfiguration, match=r"QEMU's version: got '.*', expected version X\.Y\.Z"
    ):
        binary.version(Path("/bin/true"))


def test_a_missing_qemu_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BadConfiguration, match=r"no qemu-system-x86_64 in PATH.*qemu-system-x86\)"):
        binary.find(AMD64)


# guest_params


def params_of(variant: Variant, image: GuestImage, accelerator: str = "tcg") -> dict[str, str]:
    return command_line_of_all_guests.guest_params(variant, image, accelerator, "max")


def test_the_guest_has_one_memory_backend_a_node(variant_of: VariantOf, image: GuestImage) -> None:
    params = params_of(variant_of(CELL), image)
    assert params["mem_devs"] == "node0 node1"
    assert (params["mem"], params["size_mem_node0"], params["size_mem_node1"]) == (
        "4096",
        "2048M",
        "2048M",
    )
    assert params["numa_memdev_node1"] == "mem-node1"


def test_the_guest_has_the_cpus_of_each_node(variant_of: VariantOf, image: GuestImage) -> None:
    params = params_of(variant_of(CELL), image)
    assert params["smp"] == "8"
    assert (params["numa_cpus_node0"], params["numa_cpus_node1"]) == ("0,1,2,3", "4,5,6,7")
    assert params["guest_numa_nodes"] == "node0 node1"


def test_a_node_is_a_socket_if_all_have_as_many_cpus(
    variant_of: VariantOf, image: GuestImage
) -> None:
    assert params_of(variant_of(CELL), image)["vcpu_sockets"] == "2"


def test_a_cpu_is_a_socket_if_nodes_have_more_or_fewer(
    variant_of: VariantOf, image: GuestImage
) -> None:
    uneven = variant_of(CELL, "numa_cpulist_node0=0-2", "numa_cpulist_node1=3-7")
    assert params_of(uneven, image)["vcpu_sockets"] == "8"


def test_a_node_without_cpus_is_no_socket(variant_of: VariantOf, image: GuestImage) -> None:
    third = ["numa_nodes=node0 node1 node2", "numa_mem_mib_node2=512", "numa_cpulist_node2="]
    params = params_of(variant_of(CELL, *third), image)
    assert params["vcpu_sockets"] == "2"


def test_a_node_without_memory_has_no_backend(variant_of: VariantOf, image: GuestImage) -> None:
    third = ["numa_nodes=node0 node1 node2", "numa_mem_mib_node2=0", "numa_cpulist_node2=8-9"]
    params = params_of(variant_of(CELL, *third), image)
    assert params["mem_devs"] == "node0 node1"
    assert "numa_memdev_node2" not in params
    assert params["numa_cpus_node2"] == "8,9"


def test_a_node_without_cpus_has_no_cpu_parameter(variant_of: VariantOf, image: GuestImage) -> None:
    third = ["numa_nodes=node0 node1 node2", "numa_mem_mib_node2=512", "numa_cpulist_node2="]
    params = params_of(variant_of(CELL, *third), image)
    assert "numa_cpus_node2" not in params
    assert params["numa_nodeid_node2"] == "2"


def test_kernel_arguments_are_added(variant_of: VariantOf, image: GuestImage) -> None:
    variant = variant_of(CELL, "kernel_args=numa_balancing=disable")
    params = params_of(variant, image)
    assert (
        params["kernel_params"]
        == f"{command_line_of_all_guests.kernel_args(AMD64)} numa_balancing=disable"
    )


def test_memory_that_is_movable_is_asked_of_the_kernel(
    variant_of: VariantOf, image: GuestImage
) -> None:
    movable = variant_of(CELL, "movable_mib=2048", "kernel_args=a=b")
    params = params_of(movable, image)
    assert (
        params["kernel_params"]
        == f"{command_line_of_all_guests.kernel_args(AMD64)} movablecore=2048M a=b"
    )
    assert params["extra_params"].endswith(f" {AMD64.machine_of_movable}")


def test_without_movable_memory_the_machine_is_as_it_comes(
    variant_of: VariantOf, image: GuestImage
) -> None:
    params = params_of(variant_of(CELL), image)
    assert "movablecore" not in params["kernel_params"]
    assert "-machine" not in params["extra_params"]


def test_memory_of_a_lower_tier_is_the_kernels_as_persistent_memory(
    variant_of: VariantOf, image: GuestImage
) -> None:
    cell = "pin_nightly.demotion.driver.anon.pages_1024.tiered.normal.off.no_writer"
    params = params_of(variant_of(cell), image)
    # The last 1024 of 4096 MiB; what is beyond the hole at 2 GiB lies 2 GiB higher.
    assert (
        params["kernel_params"]
        == f"{command_line_of_all_guests.kernel_args(AMD64)} memmap=1024M!5120M"
    )


def test_a_node_tells_its_distances_to_each(variant_of: VariantOf, image: GuestImage) -> None:
    far = variant_of(CELL, "numa_distances=10 17; 28 10")
    params = params_of(far, image)
    assert params["numa_dist_node0"] == "[[0, 10], [1, 17]]"
    assert params["numa_dist_node1"] == "[[0, 28], [1, 10]]"


def test_the_kernels_own_distances_are_not_told(variant_of: VariantOf, image: GuestImage) -> None:
    params = params_of(variant_of(CELL), image)
    assert not any(name.startswith("numa_dist_") for name in params)


def test_the_accelerator_is_the_chosen_one(variant_of: VariantOf, image: GuestImage) -> None:
    extra = {
        name: params_of(variant_of(CELL), image, name)["extra_params"] for name in ("tcg", "kvm")
    }
    assert extra["tcg"].startswith("-accel tcg,thread=single ")
    assert extra["kvm"].startswith("-accel kvm ")


def test_every_parameter_is_text(variant_of: VariantOf, image: GuestImage) -> None:
    for value in params_of(variant_of(CELL), image).values():
        assert isinstance(value, str)
