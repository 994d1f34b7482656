"""Keeps the kernel's counters and its log, which are evidence of each kind of test."""

from avocado_pin.base.artifacts import DMESG
from avocado_pin.evidence.from_artifacts import VMSTAT
from avocado_pin.trial.trial import Trial

# The counters of /proc/vmstat are kept for each CPU and added up once a second; reading
# stat_refresh adds them up now (Documentation/admin-guide/sysctl/vm.rst). What cat may say of that
# is kept as well (evidence/kernel_counters.py).
_COUNTERS = "cat /proc/sys/vm/stat_refresh; cat /proc/vmstat"


def keep_counters(trial: Trial, when: str) -> None:
    """Keep vmstat_WHEN.txt, with how many page pins are held in the guest."""
    trial.artifacts.write(VMSTAT.format(when=when), trial.guest.run(_COUNTERS))


def keep_log(trial: Trial) -> None:
    """Keep dmesg.txt, with what the kernel's log has of trouble in the test's time."""
    trial.artifacts.write(DMESG, trial.guest.run("dmesg"))
