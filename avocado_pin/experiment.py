"""One experiment: a guest, the workload's run in it, and what that leaves as evidence.

Each step writes what it found to the artifacts before the next begins.
"""

from pathlib import Path

from avocado_pin import deploy, kernel_text, preflight, samples
from avocado_pin.artifacts import Artifacts
from avocado_pin.deadline import Deadline
from avocado_pin.guest import Guest
from avocado_pin.kernels import Kernel
from avocado_pin.report import Report
from avocado_pin.rules import Evidence
from avocado_pin.samples import Start
from avocado_pin.variant import Variant
from avocado_pin.workload import Run

# The counters of /proc/vmstat are kept for each CPU and added up once a second; reading
# stat_refresh adds them up now (Documentation/admin-guide/sysctl/vm.rst).
VMSTAT = "cat /proc/sys/vm/stat_refresh; cat /proc/vmstat"


class Experiment:
    """The steps of one test, in the order of their methods."""

    def __init__(self, guest: Guest, variant: Variant, artifacts: Artifacts, report: Report):
        self._guest = guest
        self._variant = variant
        self._artifacts = artifacts
        self._report = report
        self._run = Run(guest, variant, artifacts)

    def boot(self) -> None:
        """Start the guest and log in.

        :raises GuestLost: there was no shell by the deadline
        """
        with self._report.phase("boot"):
            self._guest.start(Deadline(self._variant.boot_deadline_s))

    def check(self) -> None:
        """Check that the guest is what was asked for, and make the changes the variant wants.

        :raises NotApplicable: the test can say nothing about this guest
        :raises BadConfiguration: the guest differs from what was asked for
        """
        with self._report.phase("preflight"):
            text = self._guest.run(preflight.COMMAND)
            self._artifacts.write("preflight.txt", text)
            preflight.check(text, self._variant)
            if self._variant.after_preflight:
                self._guest.run(self._variant.after_preflight)

    def deploy(self, kernel: Kernel, builds: Path) -> None:
        """Bring the driver and the workload into the guest.

        :raises DeploymentFailed: one does not compile, or the guest does not take it
        """
        with self._report.phase("deploy"):
            deploy.deploy(self._guest, self._variant, kernel, builds)

    def gather(self) -> Evidence:
        """Run the workload and return the evidence.

        :raises PinError: a part of it could not be had
        """
        with self._report.phase("run"):
            before = self._vmstat("before")
            start = self._run.launch()
            self._report.add_start(start)
            self._numa_maps("before")
            self._run.begin_writes()
            self._run.sample_until_settled(start.writer_node)
            held = self._vmstat("pinned")
            self._numa_maps("after")
            self._run.end()
        with self._report.phase("collect"):
            deploy.remove_driver(self._guest)
            after = self._vmstat("after")
            log = self._guest.run("dmesg")
            self._artifacts.write("dmesg.txt", log)
        return self._evidence(start, (before, held, after), log)

    def end(self) -> None:
        """Keep what the guest can still tell, and stop it."""
        with self._report.phase("end"):
            self._guest.keep_logs()
            self._guest.stop()

    def _evidence(self, start: Start, pins: tuple[int, int, int], log: str) -> Evidence:
        regions = 2 * start.pages * start.page_size
        maps = [self._artifacts.read(f"numa_maps_{when}.txt") for when in ("before", "after")]
        return Evidence(
            start=start,
            reports=self._run.reports,
            write_start_s=self._run.write_start_s,
            numastat=samples.numastat_samples(self._artifacts.read("numastat.log")),
            own_bytes=max(kernel_text.mapped_bytes(text) for text in maps) - regions,
            pins_before=pins[0],
            pins_held=pins[1],
            pins_after=pins[2],
            trouble=kernel_text.trouble(log),
        )

    def _vmstat(self, when: str) -> int:
        text = self._guest.run(VMSTAT)
        self._artifacts.write(f"vmstat_{when}.txt", text)
        return kernel_text.pins_held(kernel_text.vmstat(text))

    def _numa_maps(self, when: str) -> None:
        text = self._guest.run(f"cat /proc/{self._run.pid}/numa_maps")
        self._artifacts.write(f"numa_maps_{when}.txt", text)
