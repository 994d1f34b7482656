"""Settings of the guest's kernel that a variant wants, and that are put back after it.

The one place that knows where each is: kernels differ.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.errors import BadConfiguration, DeploymentFailed, NotApplicable
from avocado_pin.guest.guest import Guest
from avocado_pin.variant.variant import Variant

_BALANCING = "/sys/kernel/debug/sched/numa_balancing"
# Up to 5.12 (moved by commit 8a99b6833c88, "sched: Move SCHED_DEBUG sysctl to debugfs").
_BALANCING_OLD = "/proc/sys/kernel/numa_balancing_"
_HUGE_POOL = "/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages"
_THP = "/sys/kernel/mm/transparent_hugepage"
PLACES = {
    "numa_balancing": ("/proc/sys/kernel/numa_balancing",),
    **{
        name: (f"{_BALANCING}/{name}", f"{_BALANCING_OLD}{name}")
        for name in ("scan_delay_ms", "scan_period_min_ms", "scan_period_max_ms", "scan_size_mb")
    },
    "thp": (f"{_THP}/enabled",),
    "thp_defrag": (f"{_THP}/defrag",),
    "hugetlb_home": (_HUGE_POOL.format(node="{home}"),),
    "hugetlb_target": (_HUGE_POOL.format(node="{target}"),),
    # Documentation/admin-guide/mm/ksm.rst
    **{
        f"ksm_{name}": (f"/sys/kernel/mm/ksm/{name}",)
        for name in ("run", "pages_to_scan", "sleep_millisecs")
    },
    # From 5.15 on (Documentation/ABI/testing/sysfs-kernel-mm-numa).
    "demotion_enabled": ("/sys/kernel/mm/numa/demotion_enabled",),
}
# A kernel without the file has the setting at this value.
_WITHOUT = {"numa_balancing": "0"}
# Pools move between nodes with their pages.
_USED_UP = ("hugetlb_home", "hugetlb_target")
# Files that take 0 or 1 and show words.
_TRUTH = {"true": "1", "false": "0"}


@dataclass(frozen=True)
class Setting:
    """A setting as the guest has it: its name, file, value before and value now."""

    name: str
    path: str
    before: str
    now: str


class Settings:
    """The settings of one test.

    :param artifacts: gets settings.txt
    """

    def __init__(self, guest: Guest, variant: Variant, artifacts: Artifacts):
        self._guest = guest
        self._variant = variant
        self._artifacts = artifacts
        self._made: list[Setting] = []

    def apply(self) -> None:
        """Make each setting and check that the kernel took it.

        :raises NotApplicable: the kernel does not have it
        :raises BadConfiguration: it has another value afterwards, or is none we know
        """
        wanted = {
            name: text.replace("{huge}", str(self._variant.huge_pages))
            for name, text in self._variant.settings
        }
        if not wanted:
            return
        commands = [command(name, value, self._variant) for name, value in wanted.items()]
        shown = self._guest.run("; ".join(commands))
        found = {name: parse(name, shown) for name in wanted}
        self._made = [setting for setting in found.values() if setting]
        self._artifacts.append("settings.txt", shown)
        for name, value in wanted.items():
            self._check(name, found[name], value)

    def _check(self, name: str, found: Setting | None, value: str) -> None:
        if found is None:
            if _WITHOUT.get(name) == value:
                return
            path = next(_paths(name, self._variant))
            raise NotApplicable(f"the guest's kernel has no {path}")
        if found.now != value:
            raise BadConfiguration(
                f"setting {name} of the guest",
                got=f"{found.now} in {found.path}",
                expected=value,
                look_at="settings.txt",
            )

    def restore(self) -> None:
        """Put every setting back that was made, the last first.

        :raises GuestLost: the guest is gone
        :raises DeploymentFailed: the kernel did not take one back
        :raises BadConfiguration: one had been undone meanwhile
        """
        made = self._made[::-1]
        self._made = []
        if not made:
            return
        steps = [_try(setting.path, setting.name, setting.before) for setting in made]
        shown = self._guest.run("; ".join(steps))
        undone, refused = [], []
        for setting in made:
            found = parse(setting.name, shown)
            was, now = (found.before, found.now) if found else ("nothing", "nothing")
            if was != setting.now and setting.name not in _USED_UP:
                undone.append(f"{was} in {setting.path}, set to {setting.now}")
            if now != setting.before:
                refused.append(f"{now} in {setting.path}, set back to {setting.before}")
        if refused:
            raise DeploymentFailed(
                "settings of the guest, put back",
                got="; ".join(refused),
                expected="them to be as they were",
                look_at="debug.log",
            )
        if undone:
            raise BadConfiguration(
                "settings of the guest, after the run",
                got="; ".join(undone),
                expected="them to stay as they were set",
                look_at="settings.txt",
            )


def command(name: str, value: str, variant: Variant) -> str:
    """Return the shell command that makes a setting and shows it before and after.

    :raises BadConfiguration: there is no such setting
    """
    if name not in PLACES:
        raise BadConfiguration(
            "settings_*",
            got=repr(name),
            expected=f"one of {', '.join(PLACES)}",
            look_at=f"configs/, variant {variant.name}",
        )
    return "; ".join(_try(path, name, value) for path in _paths(name, variant))


def parse(name: str, shown: str) -> Setting | None:
    """Return the setting that _try() made, or None if the kernel has none of its files."""
    match = re.search(rf"^{name} (\S+) was (.*) is (.*?)\s*$", shown, re.MULTILINE)
    return Setting(name, match[1], _chosen(match[2]), _chosen(match[3])) if match else None


def _paths(name: str, variant: Variant) -> Iterator[str]:
    for path in PLACES[name]:
        yield path.format(home=variant.home_node, target=variant.target_node)


def _try(path: str, name: str, value: str) -> str:
    """What the kernel refuses shows in the value afterwards."""
    return (
        f"if [ -e {path} ]; then was=$(cat {path}); echo {value} 2>/dev/null >{path}; "
        f'echo "{name} {path} was $was is $(cat {path})"; fi'
    )


def _chosen(text: str) -> str:
    """The value of a file that shows all possible ones, "always [madvise] never", or just one."""
    match = re.search(r"\[(\S+)\]", text)
    value = match[1] if match else text.strip()
    return _TRUTH.get(value, value)
