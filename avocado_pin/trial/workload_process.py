"""The workload in the guest: what it is told, and what it answers."""

import re
import shlex
import time
from dataclasses import dataclass, field
from signal import SIGHUP, SIGTERM, SIGUSR1, SIGUSR2

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.command import one_line
from avocado_pin.base.errors import DeploymentFailed, NotApplicable
from avocado_pin.evidence import events, numastat
from avocado_pin.evidence.event_schema import End, Error, Event, Pin
from avocado_pin.evidence.from_artifacts import NUMASTAT, SAMPLES
from avocado_pin.evidence.records import Report, Start
from avocado_pin.guest.fit_for_reuse import FOLDER
from avocado_pin.guest.guest import Guest
from avocado_pin.variant.variant import Variant

# Where a disk is mounted, if the variant needs one.
DISK = f"{FOLDER}/disk"
PROGRAM = f"{FOLDER}/pin_workload"
EVENTS = f"{FOLDER}/events.jsonl"
ERRORS = f"{FOLDER}/errors.txt"
# The workload ends by itself should nobody tell it to.
SPARE_S = 600
# Exit status when the kernel or a privilege is lacking, as kselftests'.
EXIT_SKIP = 4


@dataclass
class Run:
    """A workload in the guest and what it reported so far."""

    guest: Guest
    variant: Variant
    artifacts: Artifacts
    pid: int = 0
    events: list[Event] = field(default_factory=list)

    @property
    def reports(self) -> list[Report]:
        """The exact places of the pages so far."""
        return events.reports(self.events)

    def launch(self) -> Start:
        """Start the workload and wait until all regions are in place and the subject is pinned.

        If the kernel refuses the pin, the workload has ended and that is what the answer says.

        :raises DeploymentFailed: it did not start or gave up; with what it said
        :raises NotApplicable: the kernel lacks what the variant is about
        :raises GuestLost: the guest is gone
        """
        command = f"{PROGRAM} {' '.join(options(self.variant))}"
        # Emptied first: those of an earlier test may be there, until the program has started.
        empty = f": >{EVENTS}; : >{ERRORS}"
        start = f"{empty}; {command} >>{EVENTS} 2>>{ERRORS} & pid=$!; echo PID $pid"
        status, shown = self.guest.ask(f"{start}; {self._question('$pid', 0, _event('ready'))}")
        self._add(shown)
        if status and not self._pin_refused():
            raise self._ended("waiting for event 'ready'", shown)
        self.pid = int(shown.split("PID ")[1].split()[0])
        return events.start(self.events)

    def press(self) -> None:
        """Apply the pressure: let the writer start, or ask the forced migrator.

        A writer that the variant delays starts by itself.
        """
        if self.variant.forced:
            self._signal(SIGUSR1, "migrate_end")
        elif not self.variant.writer_delay_s:
            self._signal(SIGUSR1, "write_start")

    @property
    def pressure_s(self) -> float:
        """When the pressure began, by the guest's clock."""
        return events.pressure_s(self.events, self.variant.forced)

    def unpin(self) -> None:
        """Unpin the subject under pressure; a forced migrator is then asked again."""
        self._signal(SIGHUP, "unpin")
        if self.variant.forced:
            self.press()

    def sample(self, pause_s: float = 0.0) -> None:
        """Take a sample, after a pause: numastat between two exact reports."""
        report = self._question(str(self.pid), SIGUSR2, '"reason":"request"')
        table = numastat.COMMAND.format(pid=self.pid)
        time.sleep(pause_s)
        status, shown = self.guest.ask(f"{numastat.WIDTH} {report} {table}")
        self.artifacts.append(NUMASTAT, _without_events(shown))
        self._add(shown)
        if status:
            raise self._ended("taking a sample", shown)

    def end(self) -> None:
        """End the workload, which unpins, and wait for its last report.

        :raises DeploymentFailed: it did not end as it should
        """
        self._signal(SIGTERM, "end")

    def _signal(self, number: int, event: str) -> None:
        """Send a signal, and wait for an event; that the workload ends before is an error."""
        question = self._question(str(self.pid), number, _event(event))
        status, shown = self.guest.ask(question)
        self._add(shown)
        if status:
            raise self._ended(f"waiting for event {event!r}", shown)

    def _question(self, pid: str, number: int, text: str) -> str:
        """The command that sends a signal, and prints what is new up to a line with a text.

        It fails if the workload ends before (workload/ask.h).
        """
        known = len(self.events)
        return f"{PROGRAM} ask {pid} {EVENTS} {known} {int(number)} {shlex.quote(text)}"

    def _pin_refused(self) -> bool:
        return any(isinstance(found, Pin) and found.errno for found in self.events)

    def _ended(self, when: str, shown: str) -> Exception:
        """Return the error for a workload that ended before its time, with its own account.

        :param shown: what was printed meanwhile: it may be that it could not be asked
        """
        if any(isinstance(found, End) and found.exit == EXIT_SKIP for found in self.events):
            return NotApplicable(
                f"the guest can't do what the test is about: {self._last_words(shown)}"
            )
        return DeploymentFailed(
            f"workload, {when}",
            got=self._last_words(shown),
            expected="it to go on",
            look_at="samples.jsonl",
        )

    def _last_words(self, shown: str) -> str:
        for found in reversed(self.events):
            if isinstance(found, Error):
                return f"{found.what}: {found.error}"
            if isinstance(found, Pin) and found.errno:
                return f"pin by {found.method} refused: {found.error}"
        said = self.guest.run(f"cat {ERRORS}").strip() or _complaint(shown)
        return one_line(said) if said else "its end without a word"

    def _add(self, lines: str) -> None:
        found = [line.strip() for line in lines.splitlines() if line.startswith("{")]
        self.artifacts.append(SAMPLES, "".join(f"{line}\n" for line in found))
        self.events += events.read(found)


def _event(name: str) -> str:
    return f'"event":"{name}"'


def _without_events(shown: str) -> str:
    lines = shown.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("{"))


def _complaint(shown: str) -> str:
    """Return what `pin_workload ask` or the shell said of itself, if anything."""
    return " ".join(re.findall(r"^(?:ask: .*|.*sh: .*)$", shown, re.M))


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
