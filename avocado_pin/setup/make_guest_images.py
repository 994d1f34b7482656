"""One run of set-up: the images of guests, and the parts they need, each made once.

Results appear by a rename under the one lock of set-up, so an interruption at any moment leaves
nothing half made, and of two set-ups at once the second waits and finds the work done.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import BadConfiguration, NotApplicable
from avocado_pin.base.kept_folders import sweep
from avocado_pin.base.locks import exclusive
from avocado_pin.base.paths import DataFolder, source
from avocado_pin.base.progress import step
from avocado_pin.build import compiler_root, driver_and_workload
from avocado_pin.debian import mirrors, releases
from avocado_pin.debian.apt_root import AptRoot, Source
from avocado_pin.debian.host_release import host_architecture, host_release
from avocado_pin.debian.mirrors import Mirrors
from avocado_pin.guest import ssh
from avocado_pin.initramfs import contents
from avocado_pin.kernels import debian_kernel
from avocado_pin.kernels.boot_files import GuestImage, load, save
from avocado_pin.kernels.boot_files import known as known_images
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.variant.resolve_reference import cells

LOG = logging.getLogger("avocado.app")
# As long as another set-up may take over a slow line before this one gives up.
LOCK_TIMEOUT_S = 3600
DEFAULT_SET = "pin_tests"


@contextmanager
def set_up(data: DataFolder) -> Iterator[None]:
    """Be the only one who changes what set-up makes, and remove what interrupted ones left.

    :raises DeploymentFailed: another one takes too long
    """
    deadline = Deadline(LOCK_TIMEOUT_S)
    with exclusive(data.set_up_lock, deadline, lambda: LOG.info("waiting for another set-up")):
        sweep(data.root)
        yield


class ImageMaker:
    """One run of set-up, under its lock. The lists of a suite's packages are fetched once in it.

    :param data: the folder of all that set-up makes
    :param mirror: of Debian's archive; None: one that the user or the host has named before
    :param sources: of names that configs/debian_suites.cfg does not have
    """

    def __init__(
        self, data: DataFolder, mirror: Mirrors | None = None, sources: Iterable[Source] = ()
    ):
        self._data = data
        self._sources = {source.name: source for source in sources}
        self._mirror = mirror
        self._roots: dict[str, AptRoot] = {}
        self._programs: Path | None = None

    def of_suite(self, name: str, flavour: str, refresh: bool) -> list[GuestImage]:
        """Return the guest images of a Debian suite's kernel in a flavour.

        :param flavour: empty: cloud, and generic too where a test of the default set needs an
            option that cloud is built without
        :param refresh: ask Debian's archive for newer packages even if they are there
        :raises PinError: naming the part that failed
        """
        image = self.debian(name, flavour or "cloud", refresh)
        if flavour:
            return [image]
        options = {word for cell in cells(DEFAULT_SET) for word in cell["kernel_config"].split()}
        if not image.kernel.lacks(sorted(options)):
            return [image]
        return [image, self.debian(name, "generic", refresh)]

    def debian(self, name: str, flavour: str, refresh: bool) -> GuestImage:
        """Return the guest image of a Debian suite's kernel, fetched unless it is there.

        :param refresh: ask Debian's archive for newer packages even if it is there
        :raises PinError: naming the part that failed
        """
        known = None if refresh else _known(self._data, name, flavour)
        if known:
            return self.image(self.with_compiler(known.kernel), known)
        apt = self._apt(name)
        compiler = None if name == host_release() else self._foreign_compiler(name)
        with step(f"kernel {name} ({flavour}) and its headers"):
            kernel = debian_kernel.fetch(apt, flavour, self._data.kernels, compiler)
        return self.image(kernel, anew=name == releases.USER_SPACE)

    def image(
        self, kernel: Kernel, known: GuestImage | None = None, anew: bool = False
    ) -> GuestImage:
        """Return the guest image of a kernel, remembered as the newest of its name.

        The initramfs is made anew if what it is made from has changed.

        :param known: the image as it was remembered
        :param anew: take today's packages of the guest's programs, even if there are some
        :raises PinError: naming the part that failed
        """
        key = ssh.make_key(self._data.ssh)
        ssh.make_wrappers(self._data.ssh)
        tree = known.user_space if known else self._user_space(anew)
        with step(f"the guest's initramfs for {kernel.release}"):
            initramfs = contents.initramfs(tree, kernel, key, self._data.initramfs)
        fetched = known.fetched if known else datetime.now(UTC).isoformat(timespec="seconds")
        image = GuestImage(kernel, initramfs, tree, host_architecture(), fetched)
        if image != known:
            save(self._data, image)
        return image

    def with_compiler(self, kernel: Kernel) -> Kernel:
        """Return a kernel that is there with a compiler that is there too.

        Where the host's own was to build because nobody might enter another's root, that is tried
        again until a driver is built: what stood in its way may have passed.

        :raises PinError: the compiler can't be had
        """
        if kernel.builder:
            return kernel if kernel.builder.is_dir() else replace(kernel, builder=self.builder())
        built = driver_and_workload.driver_built(source("kmod"), kernel, self._data.builds)
        if built or kernel.name == host_release():
            return kernel
        return replace(kernel, builder=self._foreign_compiler(kernel.name))

    def _foreign_compiler(self, name: str) -> Path | None:
        """Return what builds for a kernel of another release than the host's.

        Where nobody may enter a root of another compiler, as in most containers and as an ordinary
        user of Ubuntu, the host's own compiler is left: one that is newer than the kernel builds
        for it.
        """
        closed = compiler_root.closed()
        if not closed:
            return self.builder()
        LOG.info("        the host's own compiler is to build for kernel %s: %s", name, closed)
        return None

    def builder(self) -> Path:
        """Return the root with the compiler for kernels that the host's own can't build for.

        One that is there is taken as it is.

        :raises PinError: it can't be made or entered
        """
        roots = self._data.compilers
        there = sorted(roots.glob("[!.]*")) if roots.is_dir() else []
        if there:
            return there[0]
        apt = self._apt(releases.BUILDER)
        with step(f"the compiler ({compiler_root.COMPILER} of Debian {releases.BUILDER})"):
            return compiler_root.make(apt, roots)

    def _user_space(self, anew: bool) -> Path:
        there = [image.user_space for image in known_images(self._data)]
        if there and there[-1].is_dir() and not anew:
            return there[-1]
        if self._programs is None:
            apt = self._apt(releases.USER_SPACE)
            with step("the guest's programs"):
                self._programs = contents.user_space(apt, self._data.user_space)
        return self._programs

    def _apt(self, name: str) -> AptRoot:
        """Return the apt root of a suite, with today's lists."""
        if name not in self._roots:
            folder = self._data.apt / name
            source = self._sources.get(name) or releases.source(name)
            root = AptRoot(
                folder, source, host_architecture(), self._mirror or mirrors.find(self._data)
            )
            with step(f"package lists of Debian {name}"):
                root.update()
            self._roots[name] = root
        return self._roots[name]


def _known(data: DataFolder, name: str, flavour: str) -> GuestImage | None:
    try:
        return load(data, name, flavour)
    except (BadConfiguration, NotApplicable):
        return None
