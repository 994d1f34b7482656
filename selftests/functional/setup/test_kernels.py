"""Other kernels than the default: an old and a new one, the user's own, and broken ones."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.base import paths
from avocado_pin.build import compiler_root
from avocado_pin.build.driver_and_workload import kernel_folders
from avocado_pin.kernels import boot_files, guest_modules, own_kernel
from avocado_pin.kernels.boot_files import GuestImage

from ..conftest import AVOCADO, ROOT, Job

OLD, NEW = "bullseye", "trixie_backports"
# A cell that takes seconds once its guest is up.
SHORT = "move_pages.unpinned.anon.pages_1024.two_nodes.normal.off.no_writer"
FETCH_S = 600
Rename = Callable[[dict[str, str]], dict[str, str] | None]


def pin_kernel(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [AVOCADO, "pin-kernel", *words]
    return subprocess.run(
        command, cwd="/", check=False, text=True, capture_output=True, timeout=FETCH_S
    )


def image_of(name: str) -> GuestImage:
    return boot_files.load(paths.data_folder(), name, "cloud")


@pytest.fixture(scope="session")
def kernels() -> None:
    """Fetch an old and a new kernel, if they were not, in the one flavour that is booted here."""
    done = pin_kernel("fetch", "--flavour", "cloud", OLD, NEW)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rename], None]:
    """Let jobs see another list of kernels: return a function that changes or drops each entry."""

    def use(change: Rename) -> None:
        data = paths.data_folder().root
        mine = tmp_path / "home" / "avocado" / "data" / "avocado-pin"
        mine.mkdir(parents=True)
        for path in data.parent.iterdir():
            if path != data:
                (mine.parent / path.name).symlink_to(path)
        for path in data.iterdir():
            if path.name != "kernels.json":
                (mine / path.name).symlink_to(path)
        entries = [change(entry) for entry in json.loads((data / "kernels.json").read_text())]
        text = json.dumps([entry for entry in entries if entry])
        (mine / "kernels.json").write_text(text)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))

    return use


@pytest.mark.parametrize("name", [OLD, NEW])
def test_another_kernel(run_job: Callable[..., Job], kernels: None, name: str) -> None:
    job = run_job("--max-parallel-tasks", "1", f"pin_kernels.{name}")
    assert {(result.status, result.reason) for result in job.results} == {("PASS", "")}
    assert len(job.results) == 5
    booted = [result.boot for result in job.results]
    assert booted[0] in ("fresh", "restored")
    assert booted[1:] == ["reused"] * 4
    environment = job.results[0].verdict["environment"]
    kernel = image_of(name).kernel
    assert environment["kernel"] == name
    assert environment["kernel_release"] == kernel.release
    assert environment["kernel_version"] == kernel.version


def test_the_compiler_needs_no_root(kernels: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is entered by a user namespace, with an ordinary user's PATH."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(compiler_root, "_ROOT", ("false",))
    compiler_root._way_in.cache_clear()
    try:
        said = compiler_root.run_in(
            image_of(NEW).kernel.builder, [], [compiler_root.COMPILER, "-v"], "gcc", 60
        )
    finally:
        compiler_root._way_in.cache_clear()
    assert "gcc version 14" in said


@pytest.mark.parametrize("name", [OLD, NEW])
def test_no_warning_of_the_compiler(kernels: None, tmp_path: Path, name: str) -> None:
    for path in (ROOT / "kmod").iterdir():
        if path.suffix in (".c", ".h") or path.name == "Makefile":
            shutil.copy(path, tmp_path)
    kernel = image_of(name).kernel
    words = [f"KDIR={kernel.headers}", f"CC={compiler_root.COMPILER}", "W=1"]
    said = compiler_root.run_in(
        kernel.builder,
        [tmp_path, *kernel_folders(kernel)],
        ["make", "-C", tmp_path, *words],
        thing="driver",
        timeout_s=300,
    )
    # The kernel's own headers have some.
    own = [line for line in said.splitlines() if "warning:" in line and "page_pin" in line]
    assert own == []


def test_guest_of_another_kernel_than_the_list_says(
    run_job: Callable[..., Job], kernels: None, own_list: Callable[[Rename], None]
) -> None:
    """An unpinned test needs no driver, which would not load, and so would have passed."""
    old, asked = image_of(OLD), image_of("bookworm").kernel.release
    other = {"image": str(old.kernel.image), "initramfs": str(old.initramfs)}
    own_list(lambda entry: {**entry, **other} if entry["name"] == "bookworm" else entry)
    job = run_job(f"pin_kernels.bookworm.{SHORT}")
    assert job.only.status == "ERROR"
    assert f"got {old.kernel.release}, expected {asked} (see" in job.only.reason
    environment = job.only.verdict["environment"]
    assert environment["kernel_release"] == old.kernel.release
    assert environment["kernel_asked"] == asked


def test_kernel_that_was_never_fetched(
    run_job: Callable[..., Job], own_list: Callable[[Rename], None]
) -> None:
    own_list(lambda entry: entry if entry["name"] == "bookworm" else None)
    job = run_job(f"pin_kernels.sid.{SHORT}", f"pin_kernels.bookworm.{SHORT}")
    missing, there = job.results
    assert missing.status == "CANCEL"
    assert missing.reason.endswith("was never fetched: avocado pin-kernel fetch sid")
    assert (there.status, there.reason) == ("PASS", "")


def test_kernel_that_panics_at_boot(
    run_job: Callable[..., Job],
    kernels: None,
    own_list: Callable[[Rename], None],
    tmp_path: Path,
) -> None:
    """Of one kernel, whose initrd is broken; the other's tests go on."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"no initramfs")

    def change(entry: dict[str, str]) -> dict[str, str]:
        return {**entry, "initramfs": str(broken)} if entry["name"] == OLD else entry

    own_list(change)
    job = run_job(f"pin_kernels.{OLD}.{SHORT}", f"pin_kernels.bookworm.{SHORT}")
    panicked, other = job.results
    assert panicked.status == "ERROR"
    assert "guest, boot: got in the guest: Kernel panic" in panicked.reason
    assert (other.status, other.reason) == ("PASS", "")


def test_driver_that_does_not_compile(
    run_job: Callable[..., Job], kernels: None, tmp_path: Path
) -> None:
    """For one kernel only: it is that kernel's error, with the compiler's words."""
    folder = tmp_path / "kmod"
    shutil.copytree(ROOT / "kmod", folder)
    text = (folder / "page_pin.c").read_text()
    old = "#include <linux/version.h>\n#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)\n"
    (folder / "page_pin.c").write_text(text + old + "#error not on 5.10\n#endif\n")
    job = run_job(
        f"pin_kernels.{OLD}.{SHORT}", f"pin_kernels.bookworm.{SHORT}", driver_source=str(folder)
    )
    failed, other = job.results
    assert failed.status == "ERROR"
    assert f"driver for {OLD}/cloud" in failed.reason
    assert "#error not on 5.10" in failed.reason
    assert (other.status, other.reason) == ("PASS", "")


def test_driver_of_another_kernel(run_job: Callable[..., Job], tmp_path: Path) -> None:
    """A driver whose Makefile builds it for the generic kernel, whatever is asked for."""
    folder = tmp_path / "kmod"
    shutil.copytree(ROOT / "kmod", folder)
    headers = boot_files.load(paths.data_folder(), "bookworm", "generic").kernel.headers
    makefile = folder / "Makefile"
    makefile.write_text(makefile.read_text().replace("KDIR ?=", f"override KDIR := {headers} #"))
    result = run_job(
        "pin_smoke.move_pages.driver.anon.pages_1024.two_nodes.normal.off.no_writer",
        driver_source=str(folder),
    ).only
    assert result.status == "ERROR"
    # So a kernel with MODVERSIONS says it.
    refused = "driver page_pin.ko: got page_pin: disagrees about version of symbol module_layout"
    assert refused in result.reason
    assert "\n" not in result.reason


def test_image_and_headers_of_the_users(run_job: Callable[..., Job]) -> None:
    """An unpacked image with its headers stands for the user's own."""
    kernel = image_of("bookworm").kernel
    where = ("--image", kernel.image, "--headers", kernel.headers, "--modules", kernel.modules)
    try:
        added = pin_kernel("add", "selftest", *where)
        assert added.returncode == 0, added.stdout
        assert f"Ready: selftest is {kernel.release}" in added.stdout
        job = run_job(f"pin_smoke.{SHORT}", kernel="selftest")
        assert (job.only.status, job.only.reason) == ("PASS", "")
        assert job.only.verdict["environment"]["kernel"] == "selftest"
    finally:
        removed = pin_kernel("remove", "selftest")
    assert removed.returncode == 0
    result = run_job(f"pin_smoke.{SHORT}", kernel="selftest").only
    assert result.status == "ERROR"
    assert "kernel: got 'selftest', expected one of bullseye" in result.reason


def deb(folder: Path, name: str) -> Path:
    """Make a package of a folder."""
    (folder / "DEBIAN").mkdir()
    head = f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: a <a@b.example>\n"
    (folder / "DEBIAN" / "control").write_text(f"{head}Description: a kernel\n")
    archive = folder.with_suffix(".deb")
    command = ["dpkg-deb", "--build", "--root-owner-group", "-Znone", folder, archive]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return archive


def test_packages_of_the_users(kernels: None, tmp_path: Path) -> None:
    """A pair of image and headers that need no other, as `make bindeb-pkg` makes it."""
    kernel = image_of("bookworm").kernel
    parts = {
        "image": [kernel.image.relative_to(kernel.folder), *guest_modules.module_files(kernel)],
        "headers": [Path("usr/src"), Path("usr/lib/linux-kbuild-6.1")],
    }
    for name, paths_of_it in parts.items():
        for path in paths_of_it:
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            command = ["cp", "--archive", "--link", kernel.folder / path, tmp_path / name / path]
            subprocess.run(command, check=True)
    # As it is in the package: set-up has written where it was unpacked.
    makefile = tmp_path / "headers" / "usr" / "src" / kernel.headers.name / "Makefile"
    text = makefile.read_text().replace(str(kernel.folder), "")
    makefile.unlink()
    makefile.write_text(text)
    archives = [deb(tmp_path / name, f"linux-{name}-{kernel.release}") for name in parts]
    try:
        added = pin_kernel("add", "selftest_debs", "--deb", *archives)
        assert added.returncode == 0, added.stdout + added.stderr
        found = image_of("selftest_debs").kernel
        assert (found.release, found.version) == (kernel.release, "1")
        assert guest_modules.module_files(found) == guest_modules.module_files(kernel)
    finally:
        pin_kernel("remove", "selftest_debs")


def test_build_tree_of_the_users(run_job: Callable[..., Job], tmp_path: Path) -> None:
    """Debian's headers with the image and a rule for modules where a build leaves them."""
    kernel = image_of("bookworm").kernel
    tree = tmp_path / "tree"
    shutil.copytree(kernel.headers, tree, symlinks=True)
    for name in ("scripts", "tools"):
        (tree / name).unlink()
        (tree / name).symlink_to((kernel.headers / name).resolve())
    image = tree / own_kernel.TREE_IMAGES[0]
    image.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(kernel.image, image)
    (tree / "modules.order").touch()
    makefile = tree / "Makefile"
    target = f"$(INSTALL_MOD_PATH)/lib/modules/{kernel.release}"
    copy = f"\tmkdir -p {target}\n\tcp -r {kernel.modules}/. {target}\n"
    rule = f"ifeq ($(MAKECMDGOALS),modules_install)\nmodules_install:\n{copy}else\n"
    makefile.write_text(rule + makefile.read_text() + "\nendif\n")
    try:
        added = pin_kernel("add", "selftest_tree", "--tree", tree)
        assert added.returncode == 0, added.stdout
        cell = "pin_smoke.move_pages.driver.anon.pages_1024.two_nodes.normal.off.no_writer"
        result = run_job(cell, kernel="selftest_tree").only
        assert (result.status, result.reason) == ("PASS", "")
    finally:
        pin_kernel("remove", "selftest_tree")


def test_configuration_that_is_not_enough(tmp_path: Path) -> None:
    kernel = image_of("bookworm").kernel
    config = (kernel.headers / ".config").read_text().replace("CONFIG_MIGRATION=y\n", "")
    (tmp_path / ".config").write_text(config)
    done = pin_kernel("add", "selftest", "--image", kernel.image, "--headers", tmp_path)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "got no CONFIG_MIGRATION (pages that can move at all)" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fetch", "nosuch"), "kernel: got 'nosuch', expected one of bullseye"),
        (("fetch", "sid", "--suite", "forky"), "--suite: got kernel sid, expected one name, of"),
        (("fetch", "all", "--suite", "forky"), "--suite: got kernel bullseye, bookworm"),
        (("fetch", "../x", "--suite", "forky"), "--suite: got kernel ../x"),
        (("remove", "nosuch"), "kernel: got 'nosuch', expected NAME or NAME@VERSION"),
        (("add", "sid", "--tree", "/"), "the kernel's name: got 'sid'"),
        (("add", "mine", "--tree", "/"), "--tree: got /, expected a kernel that was built"),
    ],
)
def test_wrong_words_end_in_one_line(words: tuple[str, ...], said: str) -> None:
    done = pin_kernel(*words)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
