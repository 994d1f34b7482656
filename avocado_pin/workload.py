"""Running the workload in the guest: start it, let the writes begin, take samples, end it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avocado_pin import numastat, rules, samples
from avocado_pin.artifacts import Artifacts
from avocado_pin.command import one_line
from avocado_pin.deadline import Deadline
from avocado_pin.errors import DeploymentFailed, EvidenceUnreadable
from avocado_pin.guest import Guest
from avocado_pin.variant import Variant

FOLDER = "/tmp/pin"
EVENTS = f"{FOLDER}/events.jsonl"
ERRORS = f"{FOLDER}/errors.txt"
# The workload ends by itself should nobody tell it to.
SPARE_S = 600
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
        """Start the workload and wait until both regions are in place and the subject is pinned.

        :raises DeploymentFailed: it did not start or gave up; with what it said
        :raises GuestLost: the guest is gone
        """
        command = f"{FOLDER}/pin_workload {' '.join(_options(self.variant))}"
        shown = self.guest.run(f"{command} >{EVENTS} 2>{ERRORS} & echo PID $!")
        self.pid = int(shown.split("PID ")[1].split()[0])
        self._wait_for("ready")
        return samples.start(self.events)

    def begin_writes(self) -> None:
        """Let the writer start, unless it starts by itself after the variant's delay."""
        if not self.variant.writer_delay_s:
            self.guest.run(f"kill -USR1 {self.pid}")
            self._wait_for("write_start")

    @property
    def write_start_s(self) -> float:
        """When the writer started, by the guest's clock."""
        found = [event["t"] for event in self.events if event["event"] == "write_start"]
        if not found:
            raise EvidenceUnreadable(
                "the workload's events",
                got="no event 'write_start'",
                expected="the writer to have started",
                look_at="samples.jsonl",
            )
        return float(found[0])

    def sample_until_settled(self, writer_node: int) -> None:
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
            elif rules.settled(variant, self.reports, writer_node) or deadline.expired:
                # One more, of pages at rest: numastat can be compared best with those.
                self.sample()
                return
            pause = due.remaining
            if pause:
                self.guest.run(f"sleep {pause:.2f}", pause + variant.command_deadline_s)

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

    def _wait_for(self, event: str) -> None:
        """Wait until the workload printed an event, or ended."""
        self.guest.run(
            f"while kill -0 {self.pid} 2>/dev/null && "
            f"""! grep -q '"event":"{event}"' {EVENTS}; do usleep 20000; done"""
        )
        self._fetch()
        if not any(found["event"] == event for found in self.events):
            raise self._ended(f"waiting for event {event!r}")

    def _fetch(self) -> None:
        """Take over the events that are not known yet: whole lines only."""
        whole = f"head -n $(wc -l <{EVENTS}) {EVENTS}"
        self._add(self.guest.run(f"{whole} | tail -n +{len(self.events) + 1}"))

    def _ended(self, when: str) -> DeploymentFailed:
        """Return the error for a workload that ended before its time, with its own account."""
        self._fetch()
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


def _options(variant: Variant) -> list[str]:
    longest = variant.writer_delay_s + variant.move_deadline_s + SPARE_S
    if variant.samples:
        longest += variant.samples * variant.sample_interval_s
    options = [
        f"--pin={variant.pin}",
        f"--pages={variant.pages}",
        f"--cpu={variant.workload_cpu}",
        f"--writer-cpu={variant.writer_cpu}",
        f"--scratch-pages={variant.scratch_pages}",
        f"--max-seconds={longest:.0f}",
    ]
    if variant.writer_delay_s:
        options.append(f"--writer-delay-ms={variant.writer_delay_s * 1000:.0f}")
    return options
