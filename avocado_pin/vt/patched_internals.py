"""The parts of Avocado-VT that are replaced while it runs: what they are, and whether they fit.

They are no interface of Avocado-VT's, and may change with any version of it. Each is listed with
what it takes, as seen in the version that is tested; check() compares that with what is installed,
before a test begins.
"""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from avocado_pin.base.errors import BadConfiguration

PACKAGE = "avocado-framework-plugin-vt"
# Its major version, as setup.py asks for.
TESTED = "113"


@dataclass(frozen=True)
class Internal:
    """A part of Avocado-VT.

    :param module: that has it
    :param name: in the module, with dots
    :param takes: the names of its parameters; None: it is no function
    """

    module: str
    name: str
    takes: tuple[str, ...] | None = None

    def problem(self) -> str:
        """Return what is not as it is listed; nothing if it is."""
        try:
            found: Any = importlib.import_module(self.module)
            for part in self.name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError):
            return f"no {self.name} in {self.module}"
        if self.takes is None:
            return ""
        takes = tuple(inspect.signature(found).parameters)
        return f"{self.name}({', '.join(takes)})" if takes != self.takes else ""


INTERNALS = (
    # vm_start.py
    Internal("virttest.qemu_vm", "aexpect.run_tail"),
    Internal("virttest.qemu_vm", "time.sleep"),
    Internal("virttest.qemu_monitor", "time.sleep"),
    Internal(
        "virttest.qemu_monitor",
        "wait_for_create_monitor",
        ("vm", "monitor_name", "monitor_params", "timeout"),
    ),
    Internal("virttest.qemu_monitor", "create_monitor", ("vm", "monitor_name", "monitor_params")),
    Internal("virttest.qemu_vm", "VM.make_create_command", ("self", "name", "params", "root_dir")),
    # qemu_probes.py
    Internal("virttest.qemu_devices.qcontainer", "process.run"),
    Internal("virttest.utils_qemu", "process.run"),
    Internal("virttest.env_process", "CheckQEMUVersion"),
    Internal("virttest.test_setup.requirement_checks", "a_process.run"),
    # for_a_test()
    Internal("virttest.utils_env", "Env.start_ip_sniffing", ("self", "params")),
    Internal("virttest.utils_env", "Env.save", ("self", "filename")),
    Internal("virttest.qemu_vm", "CREATE_LOCK_FILENAME"),
    # variant/filter_words.py
    *(
        Internal("virttest.cartesian_config", name)
        for name in ("Node.content", "Node.children", "NoOnlyFilter.filter", "NoOnlyFilter.line")
    ),
    # jobs/runner.py
    Internal("avocado_vt.plugins.vt_runner", "VirtTest", ("queue", "runnable")),
)


def check() -> None:
    """Check that Avocado-VT is one that this project knows.

    :raises BadConfiguration: naming the first part that differs
    """
    installed = version(PACKAGE)
    problems = [f"version {installed}"] if installed.split(".")[0] != TESTED else []
    problems += [problem for one in INTERNALS if (problem := one.problem())]
    if problems:
        raise BadConfiguration(
            f"Avocado-VT {installed}",
            got=problems[0],
            expected=f"it as in version {TESTED}, with which avocado-pin was tested",
            look_at=f"pip install '{PACKAGE}=={TESTED}.*'",
        )


def for_a_test(lock: Path) -> None:
    """Spare a test what it has no use for; it is to have a process of its own.

    :param lock: a file of the test's own
    """
    from virttest import qemu_vm, utils_env

    # Each test would wait a second for a tcpdump on the host, which learns the addresses of
    # guests: these are reached at 127.0.0.1.
    utils_env.Env.start_ip_sniffing = lambda *_: None
    # Each test would store what it has registered, which nobody reads again, and of which Python
    # 3.14 can't pickle a guest's iothread manager.
    utils_env.Env.save = lambda *_: None
    # Tests at once would wait for each other's QEMU to start: for the sake of ports, which here
    # QEMU finds by itself.
    qemu_vm.CREATE_LOCK_FILENAME = str(lock)


@contextmanager
def in_place_of(owner: Any, name: str, other: Any) -> Iterator[None]:
    """Replace a part for as long as the block lasts."""
    before = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, before)
