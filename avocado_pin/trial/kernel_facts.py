"""Facts of the guest's kernel that more than one test keeps as evidence."""

from avocado_pin.evidence import kernel_counters, kernel_log
from avocado_pin.trial.trial import Trial

# The counters of /proc/vmstat are kept for each CPU and added up once a second; reading
# stat_refresh adds them up now (Documentation/admin-guide/sysctl/vm.rst).
VMSTAT = "cat /proc/sys/vm/stat_refresh; cat /proc/vmstat"


def pins_held(trial: Trial, when: str) -> int:
    """Return how many page pins are held in the guest, and keep vmstat_WHEN.txt."""
    text = trial.guest.run(VMSTAT)
    trial.artifacts.write(f"vmstat_{when}.txt", text)
    return kernel_counters.pins_held(kernel_counters.vmstat(text))


def trouble(trial: Trial) -> list[str]:
    """Return what the kernel's log has of trouble in the test's time, and keep dmesg.txt."""
    text = trial.guest.run("dmesg")
    trial.artifacts.write("dmesg.txt", text)
    return kernel_log.trouble(kernel_log.of_test(text))
