"""Settings of the guest's kernel that a variant wants, and that are put back after it.

The one place that knows where each is: kernels differ.
"""

from collections.abc import Iterator

from avocado_pin.base.architecture import AMD64
from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.errors import BadConfiguration, NotApplicable
from avocado_pin.evidence import settings
from avocado_pin.evidence.settings import Setting
from avocado_pin.guest.guest import Guest
from avocado_pin.rules import settings_stay
from avocado_pin.variant.variant import Variant

_BALANCING = "/sys/kernel/debug/sched/numa_balancing"
# Up to 5.12 (moved by commit 8a99b6833c88, "sched: Move SCHED_DEBUG sysctl to debugfs").
_BALANCING_OLD = "/proc/sys/kernel/numa_balancing_"
_HUGE_POOL = f"/sys/devices/system/node/node{{node}}/hugepages/{AMD64.huge_pool}/nr_hugepages"
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
    # From 5.15 on (commit 20b51af15e01).
    "demotion_enabled": ("/sys/kernel/mm/numa/demotion_enabled",),
}


class Settings:
    """The settings of one test.

    :param artifacts: gets settings.txt and settings_after.txt
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
        wanted = settings_stay.wanted(self._variant)
        if not wanted:
            return
        commands = [command(name, value, self._variant) for name, value in wanted.items()]
        shown = self._guest.run("; ".join(commands))
        found = {name: settings.parse(name, shown) for name in wanted}
        self._made = [setting for setting in found.values() if setting]
        none = f"{settings.NO_FILE}{', '.join(wanted)}\n"
        self._artifacts.append(settings.MADE, shown or none)
        for name, value in wanted.items():
            if not found[name] and settings_stay.WITHOUT.get(name) != value:
                path = next(_paths(name, self._variant))
                raise NotApplicable(f"the guest's kernel has no {path}")
        settings_stay.made(self._variant, shown)

    def restore(self) -> None:
        """Put every setting back that was made, the last first.

        Whether they had stayed and the kernel took them back is for the rules.

        :raises GuestLost: the guest is gone
        """
        made = self._made[::-1]
        self._made = []
        if made:
            steps = [_try(setting.path, setting.name, setting.before) for setting in made]
            self._artifacts.write(settings.PUT_BACK, self._guest.run("; ".join(steps)))


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


def _paths(name: str, variant: Variant) -> Iterator[str]:
    for path in PLACES[name]:
        yield path.format(home=variant.home_node, target=variant.target_node)


def _try(path: str, name: str, value: str) -> str:
    """What the kernel refuses shows in the value afterwards."""
    return (
        f"if [ -e {path} ]; then was=$(cat {path}); echo {value} 2>/dev/null >{path}; "
        f'echo "{name} {path} was $was is $(cat {path})"; fi'
    )
