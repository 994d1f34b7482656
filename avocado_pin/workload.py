"""Running the workload in the guest: start it, let the writes begin, take samples, end it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avocado_pin import numastat, samples
from avocado_pin.artifacts import Artifacts
from avocado_pin.command import one_line
from avocado_pin.deadline import Deadline
from avocado_pin.errors import DeploymentFailed, EvidenceUnreadable, NotApplicable
from avocado_pin.expectation import Expected
from avocado_pin.guest import Guest
from avocado_pin.rules.movement import settled
from avocado_pin.variant import Variant

FOLDER = "/tmp/pin"
# Where a disk is mounted, if the variant needs one.
DISK = f"{FOLDER}/disk"
EVENTS = f"{FOLDER}/events.jsonl"
ERRORS = f"{FOLDER}/errors.txt"
# The workload ends by itself should nobody tell it to.
SPARE_S = 600
# Exit status when the kernel or a privilege is lacking, as kselftests'.
EXIT_SKIP = 4
_CUT = "--- events"


@dataclass
class Run:
    """A workload in the guest and what it reported so far."""

    guest: Guest
    variant: Variant
    artifacts: Artifacts
    pid: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def reports(self) -> list[samples.Report]:
        """The exact places of the pages so far."""
        return samples.reports(self.events)

    def launch(self) -> samples.Start:
        """Start the workload and wait until all regions are in place and the subject is pinned.

        If the kernel refuses the pin, the workload has ended and that is what the answer says.

        :raises DeploymentFailed: it did not start or gave up; with what it said
        :raises NotApplicable: the kernel lacks what the variant is about
        :raises GuestLost: the guest is gone
        """
        command = f"{FOLDER}/pin_workload {' '.join(options(self.variant))}"
        # Emptied first: those of an earlier test may be there, until the program has started.
        empty = f": >{EVENTS}; : >{ERRORS}"
        shown = self.guest.run(f"{empty}; {command} >>{EVENTS} 2>>{ERRORS} & echo PID $!")
        self.pid = int(shown.split("PID ")[1].split()[0])
        if not self._await("ready") and not self._pin_refused():
            raise self._ended("waiting for event 'ready'")
        return samples.start(self.events)

    def press(self) -> None:
        """Apply the pressure: let the writer start, or ask the forced migrator.

        A writer that the variant delays starts by itself.
        """
        if self.variant.forced:
            self._press("migrate_end", samples.rounds(self.events) + 1)
        elif not self.variant.writer_delay_s:
            self._press("write_start", 1)

    @property
    def pressure_s(self) -> float:
        """When the pressure began, by the guest's clock."""
        name = "migrate" if self.variant.forced else "write_start"
        time_s = samples.time_of(self.events, name)
        if time_s is None:
            raise EvidenceUnreadable(
                "the workload's events",
                got=f"no event {name!r}",
                expected="the pressure to have begun",
                look_at="samples.jsonl",
            )
        return time_s

    def unpin(self) -> None:
        """Unpin the subject under pressure; a forced migrator is then asked again."""
        self.guest.run(f"kill -HUP {self.pid}")
        self._wait_for("unpin")
        if self.variant.forced:
            self.press()

    def sample_until_settled(self, expected: Expected, target_node: int) -> None:
        """Take samples until the outcome is settled, the deadline is over, or all are taken.

        :raises GuestLost: the guest is gone; the samples so far are kept
        """
        variant = self.variant
        deadline = Deadline(variant.writer_delay_s + variant.move_deadline_s)
        taken = 0
        while True:
            due = Deadline(variant.sample_interval_s)
            self.sample()
            taken += 1
            if variant.samples:
                if taken == variant.samples:
                    return
            elif self._settled(expected, target_node) or deadline.expired:
                # One more, of pages at rest: numastat can be compared best with those.
                self.sample()
                return
            pause = due.remaining
            if pause:
                self.guest.run(f"sleep {pause:.2f}", pause + variant.command_deadline_s)

    def _settled(self, expected: Expected, target_node: int) -> bool:
        unpinned_s = samples.unpinned_s(self.events)
        since = self.pressure_s if unpinned_s is None else unpinned_s
        reports = [report for report in self.reports if report.time_s >= since]
        unpinned = unpinned_s is not None
        return settled(self.variant, expected, reports, target_node, since, unpinned)

    def sample(self) -> None:
        """Take a sample: numastat between two exact reports."""
        command = (
            f"sh {FOLDER}/sample.sh {self.pid} {EVENTS} {len(self.events)} "
            f"'{numastat.COMMAND.format(pid=self.pid)}'"
        )
        status, shown = self.guest.ask(command)
        if status:
            raise self._ended("taking a sample")
        table, _, lines = shown.partition(_CUT)
        self.artifacts.append("numastat.log", table)
        self._add(lines)

    def end(self) -> None:
        """End the workload, which unpins, and wait for its last report.

        :raises DeploymentFailed: it did not end as it should
        """
        status, _ = self.guest.ask(f"kill -TERM {self.pid}")
        if status:
            raise self._ended("ending it")
        self._wait_for("end")

    def _press(self, event: str, times: int) -> None:
        self.guest.run(f"kill -USR1 {self.pid}")
        self._wait_for(event, times)

    def _wait_for(self, event: str, times: int = 1) -> None:
        """Wait until the workload printed an event so many times; that it ends is an error."""
        if not self._await(event, times):
            raise self._ended(f"waiting for event {event!r}")

    def _await(self, event: str, times: int = 1) -> bool:
        """Wait until the workload printed an event so many times, or ended: which?"""
        self.guest.run(
            f"while kill -0 {self.pid} 2>/dev/null && "
            f"""[ $(grep -c '"event":"{event}"' {EVENTS}) -lt {times} ]; do usleep 20000; done"""
        )
        self._fetch()
        return len([found for found in self.events if found["event"] == event]) >= times

    def _pin_refused(self) -> bool:
        return any(e["event"] == "pin" and e["errno"] for e in self.events)

    def _fetch(self) -> None:
        """Take over the events that are not known yet: whole lines only."""
        whole = f"head -n $(wc -l <{EVENTS}) {EVENTS}"
        self._add(self.guest.run(f"{whole} | tail -n +{len(self.events) + 1}"))

    def _ended(self, when: str) -> Exception:
        """Return the error for a workload that ended before its time, with its own account."""
        self._fetch()
        if any(found["event"] == "end" and found["exit"] == EXIT_SKIP for found in self.events):
            return NotApplicable(f"the guest can't do what the test is about: {self._last_words()}")
        return DeploymentFailed(
            f"workload, {when}",
            got=self._last_words(),
            expected="it to go on",
            look_at="samples.jsonl",
        )

    def _last_words(self) -> str:
        for found in reversed(self.events):
            if found["event"] == "error":
                return f"{found.get('what')}: {found.get('error')}"
            if found["event"] == "pin" and found["errno"]:
                return f"pin by {found['method']} refused: {found['error']}"
        said = self.guest.run(f"cat {ERRORS}").strip()
        return one_line(said) if said else "its end without a word"

    def _add(self, lines: str) -> None:
        found = [line.strip() for line in lines.splitlines() if line.startswith("{")]
        self.artifacts.append("samples.jsonl", "".join(f"{line}\n" for line in found))
        self.events += samples.events(found)


def sample_script() -> Path:
    """Return the script that takes one sample in the guest."""
    return Path(__file__).with_name("guest_scripts") / "sample.sh"


def options(variant: Variant) -> list[str]:
    """Return the program's options for a variant."""
    longest = variant.writer_delay_s + variant.move_deadline_s + SPARE_S
    if variant.samples:
        longest += variant.samples * variant.sample_interval_s
    options = [
        f"--pages={variant.pages}",
        f"--page-kind={variant.page_kind}",
        f"--pin={variant.pinning.method}",
        f"--companion={variant.pinning.companion}",
        f"--migrator={variant.migrator}",
        f"--cpu={variant.workload_cpu}",
        f"--home-node={variant.home_node}",
        f"--target-node={variant.target_node}",
        f"--access={variant.access}",
        f"--scratch-pages={variant.scratch_pages}",
        f"--max-seconds={longest:.0f}",
    ]
    if variant.writer_cpus:
        options.append(f"--writer-cpus={','.join(map(str, variant.writer_cpus))}")
    if variant.page_kind == "file":
        options.append(f"--dir={DISK}")
    if variant.touch_first:
        options.append("--touch-first")
    if variant.writer_delay_s:
        options.append(f"--writer-delay-ms={variant.writer_delay_s * 1000:.0f}")
    return options
