"""Kernels: what of Debian's packages makes one, the user's own, and which are remembered."""

import os
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avocado_pin.base import paths
from avocado_pin.base.architecture import AMD64
from avocado_pin.base.errors import BadConfiguration, DeploymentFailed, NotApplicable
from avocado_pin.base.paths import DataFolder
from avocado_pin.build import driver_and_workload
from avocado_pin.debian import apt_root
from avocado_pin.kernels import boot_files, config_check, debian_kernel, own_kernel
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.setup import kernels_kept

Captured = Callable[[str], str]


# what Debian has


def _parts(text: str) -> tuple[list[str], str, str]:
    found, release, version = debian_kernel.parts(apt_root.parse_install(text), "any", "cloud")
    return [package.name for package in found], release, version


def test_the_packages_of_an_old_kernel(captured: Captured) -> None:
    assert _parts(captured("apt/install_kernel_bullseye.txt")) == (
        [
            "linux-headers-5.10.0-46-common",
            "linux-kbuild-5.10",
            "linux-headers-5.10.0-46-cloud-amd64",
            "linux-image-5.10.0-46-cloud-amd64",
        ],
        "5.10.0-46-cloud-amd64",
        "5.10.262-1",
    )


def test_the_packages_of_a_kernel_in_several(captured: Captured) -> None:
    names, release, version = _parts(captured("apt/install_kernel_trixie_backports.txt"))
    assert (release, version) == ("7.3.4+deb13-cloud-amd64", "7.3.4-1~bpo13+1")
    assert sorted(names) == [
        "linux-base-7.3.4+deb13-cloud-amd64",
        "linux-binary-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-common",
        "linux-image-7.3.4+deb13-cloud-amd64",
        "linux-kbuild-7.3.4+deb13",
        "linux-modules-7.3.4+deb13-cloud-amd64",
    ]


def test_an_image_without_headers_is_no_kernel_for_tests(captured: Captured) -> None:
    lines = captured("apt/install_kernel_trixie_backports.txt").splitlines()
    text = "\n".join(line for line in lines if "linux-headers" not in line)
    with pytest.raises(DeploymentFailed, match=r"kernel any, flavour cloud: .* linux-headers"):
        _parts(text)


@pytest.mark.parametrize(
    "text",
    [
        "include /usr/src/linux-headers-1-common/Makefile\n",
        "KBUILD_OUTPUT=/usr/src/linux-headers-1-common\n",
    ],
)
def test_headers_are_found_where_they_are_unpacked(text: str) -> None:
    assert own_sources(text) == text.replace("/usr/src", "/data/k/usr/src")
    assert own_sources(own_sources(text)) == own_sources(text)


def own_sources(text: str) -> str:
    return debian_kernel.own_sources(text, Path("/data/k"))


# what is remembered


@pytest.fixture
def image(tmp_path: Path) -> GuestImage:
    """Return the image of a kernel whose files are there."""
    for name in ("vmlinuz", "initramfs"):
        (tmp_path / name).touch()
    kernel = Kernel("sid", "cloud", "7.2.13+deb14-cloud-amd64", "7.2.13-1", *[tmp_path] * 3)
    kernel = replace(kernel, image=tmp_path / "vmlinuz")
    return GuestImage(kernel, tmp_path / "initramfs", tmp_path, "amd64", "today")


def _other(image: GuestImage, **changes: str) -> GuestImage:
    return replace(image, kernel=replace(image.kernel, **changes))


def test_what_was_saved_is_loaded(image: GuestImage, tmp_path: Path) -> None:
    boot_files.save(DataFolder(tmp_path), image)
    assert boot_files.load(DataFolder(tmp_path), "sid", "cloud") == image


def test_the_newest_version_is_taken_unless_another_is_named(
    image: GuestImage, tmp_path: Path
) -> None:
    newer = _other(image, version="7.2.14-1", release="7.2.14+deb14-cloud-amd64")
    boot_files.save(DataFolder(tmp_path), image)
    boot_files.save(DataFolder(tmp_path), newer)
    assert boot_files.load(DataFolder(tmp_path), "sid", "cloud") == newer
    assert boot_files.load(DataFolder(tmp_path), "sid@7.2.13-1", "cloud") == image
    assert boot_files.load(DataFolder(tmp_path), f"sid@{newer.kernel.release}", "cloud") == newer


def test_a_version_saved_again_is_the_newest(image: GuestImage, tmp_path: Path) -> None:
    for one in (image, _other(image, version="2"), image):
        boot_files.save(DataFolder(tmp_path), one)
    assert boot_files.load(DataFolder(tmp_path), "sid", "cloud") == image
    assert len(boot_files.known(DataFolder(tmp_path))) == 2


def test_where_nothing_was_set_up_the_command_is_named(tmp_path: Path) -> None:
    """An error, and no reason to cancel."""
    with pytest.raises(BadConfiguration, match=r"set-up: got no kernel .*avocado pin-bootstrap\)$"):
        boot_files.load(DataFolder(tmp_path), "sid", "cloud")


def test_a_kernel_that_was_never_fetched_says_how_to(image: GuestImage, tmp_path: Path) -> None:
    boot_files.save(DataFolder(tmp_path), image)
    with pytest.raises(NotApplicable, match=r"never fetched: avocado pin-kernel fetch trixie$"):
        boot_files.load(DataFolder(tmp_path), "trixie", "cloud")


def test_a_flavour_that_was_never_fetched_says_how_to(image: GuestImage, tmp_path: Path) -> None:
    boot_files.save(DataFolder(tmp_path), image)
    with pytest.raises(NotApplicable, match=r"fetch sid --flavour generic$"):
        boot_files.load(DataFolder(tmp_path), "sid", "generic")


@pytest.mark.parametrize("name", ["nosuch", "sid@1"])
def test_a_name_that_nobody_gave_is_an_error(image: GuestImage, tmp_path: Path, name: str) -> None:
    boot_files.save(DataFolder(tmp_path), image)
    with pytest.raises(BadConfiguration, match=f"kernel: got '{name}'.*sid.*pin-kernel list"):
        boot_files.load(DataFolder(tmp_path), name, "cloud")


def test_a_flavour_that_there_is_not_is_an_error(image: GuestImage, tmp_path: Path) -> None:
    boot_files.save(DataFolder(tmp_path), image)
    with pytest.raises(BadConfiguration, match="kernel_flavour: got 'nosuch'"):
        boot_files.load(DataFolder(tmp_path), "sid", "nosuch")


def test_a_kernel_of_the_users_has_no_flavour(image: GuestImage, tmp_path: Path) -> None:
    own = _other(image, name="mine", flavour="")
    boot_files.save(DataFolder(tmp_path), own)
    for flavour in ("cloud", "generic"):
        assert boot_files.load(DataFolder(tmp_path), "mine", flavour) == own


@pytest.fixture
def flavours(image: GuestImage, tmp_path: Path) -> tuple[GuestImage, GuestImage]:
    """Return two remembered flavours of a kernel, of which the second has MEMORY_FAILURE."""
    (tmp_path / ".config").write_text("# CONFIG_MEMORY_FAILURE is not set\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / ".config").write_text("CONFIG_MEMORY_FAILURE=y\n")
    kernel = replace(image.kernel, flavour="generic", headers=tmp_path / "more")
    other = replace(image, kernel=kernel)
    for one in (other, image):
        boot_files.save(DataFolder(tmp_path), one)
    return image, other


def test_the_flavour_that_has_what_is_needed_is_taken(
    flavours: tuple[GuestImage, GuestImage], tmp_path: Path
) -> None:
    small, larger = flavours
    data = DataFolder(tmp_path)
    assert boot_files.load(data, "sid", "cloud") == small
    assert boot_files.load(data, "sid", "cloud", ["MEMORY_FAILURE"]) == larger
    assert boot_files.load(data, "sid", "generic", ["MEMORY_FAILURE"]) == larger


def test_of_several_flavours_that_have_it_the_stock_one_is_taken(
    flavours: tuple[GuestImage, GuestImage], tmp_path: Path
) -> None:
    _, generic = flavours
    data = DataFolder(tmp_path)
    boot_files.save(data, _other(generic, flavour="rt"))
    assert boot_files.load(data, "sid", "cloud", ["MEMORY_FAILURE"]) == generic


def test_a_flavour_that_has_what_is_needed_is_kept(image: GuestImage, tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("CONFIG_MEMORY_FAILURE=y\n")
    for one in (image, _other(image, flavour="generic")):
        boot_files.save(DataFolder(tmp_path), one)
    assert boot_files.load(DataFolder(tmp_path), "sid", "cloud", ["MEMORY_FAILURE"]) == image


@pytest.mark.parametrize("value", ["is not set", "m"])
def test_where_no_flavour_has_it_the_test_is_cancelled_with_the_option(
    image: GuestImage, tmp_path: Path, value: str
) -> None:
    (tmp_path / ".config").write_text(f"CONFIG_MEMORY_FAILURE={value}\n")
    boot_files.save(DataFolder(tmp_path), image)
    with pytest.raises(NotApplicable, match=r"without CONFIG_MEMORY_FAILURE; .*--flavour generic$"):
        boot_files.load(DataFolder(tmp_path), "sid", "cloud", ["MEMORY_FAILURE"])


def test_an_older_version_of_the_users_does_not_stand_in_for_the_newest(
    image: GuestImage, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / ".config").write_text("CONFIG_MEMORY_FAILURE=y\n")
    (tmp_path / ".config").write_text("")
    own = _other(image, name="mine", flavour="")
    older = replace(own, kernel=replace(own.kernel, version="1", headers=tmp_path / "more"))
    for one in (older, own):
        boot_files.save(DataFolder(tmp_path), one)
    with pytest.raises(NotApplicable, match="without CONFIG_MEMORY_FAILURE"):
        boot_files.load(DataFolder(tmp_path), "mine", "cloud", ["MEMORY_FAILURE"])


def test_a_file_that_is_gone_is_an_error(image: GuestImage, tmp_path: Path) -> None:
    boot_files.save(DataFolder(tmp_path), image)
    image.initramfs.unlink()
    with pytest.raises(BadConfiguration, match=r"no file .*initramfs.*fetch sid --refresh"):
        boot_files.load(DataFolder(tmp_path), "sid", "cloud")


def test_pruning_keeps_the_newest_of_each(image: GuestImage, tmp_path: Path) -> None:
    images = [
        replace(_other(image, name=name, version=version), initramfs=tmp_path / "i" / name)
        for name in ("sid", "trixie")
        for version in ("1", "2", "3")
    ]
    for number, one in enumerate(images):
        folder = tmp_path / "kernels" / str(number)
        folder.mkdir(parents=True)
        (tmp_path / "builds" / f"driver-{number}-abc").mkdir(parents=True)
        images[number] = replace(one, kernel=replace(one.kernel, folder=folder))
        boot_files.save(DataFolder(tmp_path), images[number])
    gone = kernels_kept.prune(DataFolder(tmp_path), 2)
    assert [(i.kernel.name, i.kernel.version) for i in gone] == [("trixie", "1"), ("sid", "1")]
    assert boot_files.known(DataFolder(tmp_path)) == [i for i in images if i.kernel.version != "1"]
    assert sorted(p.name for p in (tmp_path / "kernels").iterdir()) == ["1", "2", "4", "5"]
    assert len(list((tmp_path / "builds").iterdir())) == 4


def test_pruning_takes_what_nothing_uses(image: GuestImage, tmp_path: Path) -> None:
    data = tmp_path / "data"
    kernel = replace(image.kernel, folder=data / "kernels" / "k", builder=data / "builders" / "b")
    initramfs = data / "initramfs" / "i" / "initramfs.cpio"
    image = replace(image, kernel=kernel, initramfs=initramfs, user_space=data / "user-space" / "u")
    boot_files.save(DataFolder(data), image)
    driver = driver_and_workload.driver_build(paths.source("kmod"), kernel, data / "builds")
    workload = driver_and_workload.workload_build(paths.source("workload"), data / "builds")
    kept = [kernel.folder, kernel.builder, initramfs.parent, image.user_space, driver, workload]
    kept += [data / "builds" / "driver-of-a-job", data / "apt" / "sid"]
    gone = [data / name / "old" for name in ("kernels", "builders", "initramfs", "user-space")]
    gone += [data / "builds" / "old", data / "apt" / "sid" / "downloads"]
    for folder in (*kept, *gone):
        (folder or data).mkdir(parents=True)
    for folder in (driver, workload, data / "builds" / "old"):
        os.utime(folder, (0, 0))
    assert kernels_kept.prune(DataFolder(data), 1) == []
    assert [folder for folder in kept if not (folder or data).is_dir()] == []
    assert [folder for folder in gone if folder.exists()] == []


def test_what_takes_the_disk_is_told_apart(tmp_path: Path) -> None:
    for name, size in (("kernels", 3), ("user-space", 1), ("initramfs", 1), ("apt", 2)):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "b").write_bytes(bytes(size << 20))
    mib = {what: size >> 20 for what, size in kernels_kept.sizes(DataFolder(tmp_path)).items()}
    assert mib == {
        "kernels": 3,
        "compiler": 0,
        "guests' programs": 2,
        "builds": 0,
        "package lists and downloads": 2,
        "snapshots of booted guests": 0,
    }


def test_removing_takes_a_name_or_a_version(image: GuestImage, tmp_path: Path) -> None:
    for version in ("1", "2", "3"):
        boot_files.save(DataFolder(tmp_path), _other(image, version=version))
    assert len(kernels_kept.remove(DataFolder(tmp_path), ["sid@2"])) == 1
    assert len(kernels_kept.remove(DataFolder(tmp_path), ["sid"])) == 2
    with pytest.raises(BadConfiguration, match="kernel: got 'sid'"):
        kernels_kept.remove(DataFolder(tmp_path), ["sid"])


# the user's own


@pytest.mark.parametrize(
    ("name", "missed"),
    [("cloud_6.1", ["CONFIG_MEMORY_FAILURE (migrator=soft_offline)"]), ("cloud_7.3", [])],
)
def test_debians_configuration_is_enough(captured: Captured, name: str, missed: list[str]) -> None:
    assert config_check.check(captured(f"config/{name}.txt"), "mine") == missed


def test_an_option_that_is_gone_is_not_missed(captured: Captured) -> None:
    missed = "CONFIG_SCHED_DEBUG (balancing's settings (balancing=fast))"
    old = captured("config/cloud_6.1.txt").replace("CONFIG_SCHED_DEBUG=y\n", "")
    assert missed in config_check.check(old, "mine")
    assert missed not in config_check.check(old.replace("Linux/x86 6.1", "Linux/x86 6.15"), "mine")


def test_what_is_missing_is_named_with_the_reason(captured: Captured) -> None:
    config = captured("config/cloud_6.1.txt")
    config = config.replace("CONFIG_NUMA=y", "# CONFIG_NUMA is not set")
    config = config.replace("CONFIG_DEVTMPFS=y", "CONFIG_DEVTMPFS=m")
    with pytest.raises(BadConfiguration) as caught:
        config_check.check(config, "mine")
    assert "no CONFIG_DEVTMPFS=y (/dev, with the driver's device), CONFIG_NUMA (several" in str(
        caught.value
    )


def test_a_kernel_that_counts_no_faults_is_refused(captured: Captured) -> None:
    """Of two readings of its /proc/vmstat it could not be told that they are two."""
    config = captured("config/cloud_6.1.txt").replace("CONFIG_VM_EVENT_COUNTERS=y\n", "")
    with pytest.raises(BadConfiguration, match="got no CONFIG_VM_EVENT_COUNTERS"):
        config_check.check(config, "mine")


def test_what_some_tests_need_is_a_warning(captured: Captured) -> None:
    config = captured("config/cloud_6.1.txt").replace("CONFIG_NUMA_BALANCING=y", "")
    assert "CONFIG_NUMA_BALANCING (every test of balancing)" in config_check.check(config, "mine")


def test_an_image_says_its_release() -> None:
    # Documentation/arch/x86/boot.rst
    data = bytearray(0x400)
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x20E, 0x100)
    data[0x300:0x320] = b"6.12.1-mine (me@here) #1 SMP\0".ljust(0x20, b"\0")
    assert AMD64.release_of_image(bytes(data)) == "6.12.1-mine"
    assert AMD64.release_of_image(b"ELF") is None


def test_a_tree_that_was_not_built_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"--tree: got .*a kernel that was built"):
        own_kernel.from_tree("mine", tmp_path, tmp_path, None)


@pytest.fixture
def deb(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes an empty .deb."""

    def make(name: str, depends: str = "") -> Path:
        control = tmp_path / name / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        lines = f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: a <a@b.example>\n"
        lines += f"Depends: {depends}\n" if depends else ""
        control.write_text(f"{lines}Description: a\n")
        built = tmp_path / f"{name}.deb"
        command = ["dpkg-deb", "--build", "--root-owner-group", "-Znone", tmp_path / name, built]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return built

    return make


def test_packages_without_those_they_need_are_refused(
    deb: Callable[..., Path], tmp_path: Path
) -> None:
    archives = [
        deb("linux-image-6.12-cloud-amd64", "kmod, linux-base (>= 4.12~)"),
        deb(
            "linux-headers-6.12-cloud-amd64",
            "linux-headers-6.12-common (= 1), linux-image-6.12-cloud-amd64 (= 1) | "
            "linux-image-6.12-cloud-amd64-unsigned (= 1), linux-kbuild-6.12, gcc-14",
        ),
    ]
    with pytest.raises(BadConfiguration) as caught:
        own_kernel.from_packages("mine", archives, tmp_path, None)
    expected = "expected also linux-headers-6.12-common, linux-kbuild-6.12, of the same build"
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["linux-image-6.12-cloud-amd64", "linux-headers-6.12", "other"])
def test_packages_without_image_or_headers_are_refused(
    deb: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadConfiguration, match="a linux-image and a linux-headers package"):
        own_kernel.from_packages("mine", [deb(name)], tmp_path, None)


def test_a_name_of_debians_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="the kernel's name: got 'sid'"):
        kernels_kept.add(DataFolder(tmp_path), "sid", lambda *_: pytest.fail("read"), False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".kernelvariables", "override ARCH = x86\noverride KERNELRELEASE = 6.1-mine\n"),
        ("include/config/kernel.release", "6.1-mine\n"),
        ("include/generated/utsrelease.h", '#define UTS_RELEASE "6.1-mine"\n'),
    ],
)
def test_headers_say_the_release(tmp_path: Path, captured: Captured, name: str, text: str) -> None:
    (tmp_path / ".config").write_text(captured("config/cloud_6.1.txt"))
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    image = tmp_path / "bzImage"
    data = bytearray(0x400)
    data[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", data, 0x20E, 0x100)
    data[0x300:0x30A] = b"6.2-other\0"
    image.write_bytes(data)
    refused = r"--image: got .* of 6\.2-other, expected the release of the headers, 6\.1-mine"
    with pytest.raises(BadConfiguration, match=refused):
        own_kernel.from_files("mine", image, tmp_path, None, tmp_path, None)
