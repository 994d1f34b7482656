"""The runner of page pinning tests: Avocado-VT's, for several at once, with nothing left behind."""

import ctypes
import json
import multiprocessing
import os
import queue
import shutil
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from avocado.core.messages import DEFAULT_LOG_FILE
from avocado.core.nrunner.app import BaseRunnerApp
from avocado.core.nrunner.runner import RUNNER_RUN_STATUS_INTERVAL, BaseRunner
from avocado.core.utils import messages

from avocado_pin.base import leftover_processes
from avocado_pin.base.command import one_line
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import NotApplicable, PinError
from avocado_pin.guest import ssh
from avocado_pin.guest.start_plan import StartPlan, hand_on, plan_start
from avocado_pin.jobs import guest_pool
from avocado_pin.judging.verdict_json_fields import word_on_the_kernel
from avocado_pin.qemu import running

Message = dict[str, Any]
# The guest of a test that ended otherwise is not used again, whatever the test itself meant.
GOOD_FOR_ANOTHER = ("PASS", "CANCEL")
# Values of --show that show nothing of a test's log.
QUIET = {"app", "none"}
# A test that says nothing is told to run as often as this.
RUNNING_INTERVAL_S = 5.0
PR_SET_PDEATHSIG = 1


class Terminated(BaseException):
    """Avocado told the runner to end."""


class PinRunner(BaseRunner):  # type: ignore[misc]
    """Runs one variant in a process of its own.

    Runnable attributes: the uri is the test's name; the kwargs are the variant's parameters.
    """

    name = "avocado-pin"
    description = "Runner of page pinning tests on Avocado-VT guests"
    CONFIGURATION_USED = ["core.show", "job.output.loglevel", "job.run.store_logging_stream"]

    def run(self, runnable: Any) -> Iterator[Message]:
        """Run the test and yield Avocado's messages of it.

        Whatever happens, the last one is "finished": Avocado waits for it without a deadline.
        """
        yield messages.StartedMessage.get()
        # Avocado gives a runner SIGTERM and, a second later, SIGKILL. Ctrl-C reaches every
        # process of the terminal's group; here Avocado decides what becomes of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _terminate)
        signal.signal(signal.SIGHUP, _terminate)
        folder = None
        try:
            folder = guest_pool.new_folder()
            leftover_processes.mark(folder)
            yield from self._run(runnable, folder)
        except PinError as error:
            yield messages.FinishedMessage.get("error", fail_reason=str(error))
        except NotApplicable as error:
            yield messages.FinishedMessage.get("cancel", fail_reason=str(error))
        except Exception as error:
            yield messages.StderrMessage.get(traceback.format_exc())
            reason = f"{type(error).__name__}: {one_line(str(error))} (see debug.log)"
            yield messages.FinishedMessage.get("error", fail_reason=reason)
        finally:
            if folder:
                leftover_processes.stop(folder)
            _remove_work_folders(runnable.output_dir)

    def _run(self, runnable: Any, own: Path) -> Iterator[Message]:
        plan = plan_start(runnable.kwargs)
        waiting, said = False, Deadline(0)
        while True:
            with guest_pool.place(plan.data.slots, plan.variant.layout.mem_mib, plan.key) as folder:
                if folder:
                    ssh.share_connection(folder)
                    ready = plan.in_folders(folder, own)
                    runnable.kwargs = ready.params
                    hand_on(ready)
                    for message in _messages_of(runnable, ready):
                        if message.get("result", "PASS").upper() not in GOOD_FOR_ANOTHER:
                            running.take(folder)
                        yield message
                    return
            if not waiting:
                waiting = True
                text = "waiting for another guest to end\n"
                yield messages.LogMessage.get(text)
            time.sleep(RUNNER_RUN_STATUS_INTERVAL)
            if said.expired:
                said = Deadline(RUNNING_INTERVAL_S)
                yield messages.RunningMessage.get()


def _messages_of(runnable: Any, plan: StartPlan) -> Iterator[Message]:
    """Run the test in a child and pass its messages on, to the last one or its death."""
    # Here and not above: its import takes a second that resolving a reference should not pay.
    from avocado_pin.vt import patched_internals

    patched_internals.check()
    # Not before: what it imports of Avocado-VT may not be there.
    from avocado_pin.vt import qemu_probes

    qemu_probes.remember(Path(plan.params["qemu_binary"]), plan.data)
    # What is imported and patched here is to be so in the child: not Python 3.14's default.
    context = multiprocessing.get_context("fork")
    received: Any = context.Queue()
    process = context.Process(target=_test, args=(received, runnable))
    process.start()
    judgement, said = b"", Deadline(0)
    try:
        while True:
            alive = process.is_alive()
            try:
                message = received.get(timeout=RUNNER_RUN_STATUS_INTERVAL)
            except queue.Empty:
                if alive:
                    if said.expired:
                        said = Deadline(RUNNING_INTERVAL_S)
                        yield messages.RunningMessage.get()
                    continue
                message = _no_verdict(f"ended with {process.exitcode}")
            # Avocado-VT sends one in any case, which is empty if there was no verdict.
            if message.get("type") == "whiteboard":
                judgement = message["log"]
            if message.get("result") == "PASS":
                message = _passed(message, judgement)
            yield message
            if message.get("status") == "finished":
                return
    finally:
        process.kill()
        process.join()


def _test(received: Any, runnable: Any) -> None:
    """Run Avocado-VT's test, in the child."""
    from avocado_vt.plugins.vt_runner import VirtTest

    from avocado_pin.vt import patched_internals

    patched_internals.for_a_test(Path(os.environ[leftover_processes.MARK]) / "create.lock")
    # With a runner that is killed the test must not go on, nor hold its slot.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The runner's own handler raises an exception that Avocado-VT would take for a pass.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    VirtTest(_Told(received, Path(runnable.output_dir), runnable.config), runnable).runTest()


class _Told:
    """What the test tells Avocado: all but its log, which is written to debug.log here.

    Avocado keeps every message of every test until the job ends. It gets the log as well if it is
    to show it (`avocado --show`) or to store it elsewhere too (`--store-logging-stream`).
    """

    def __init__(self, received: Any, folder: Path, config: Mapping[str, Any]):
        self._received = received
        wanted = set(config.get("core.show") or ()) - QUIET
        wanted |= set(config.get("job.run.store_logging_stream") or ())
        self._log = None if wanted else folder / DEFAULT_LOG_FILE

    def put(self, message: Message) -> None:
        """Take a message."""
        if not (self._log and message.get("type") == "log" and _written(message, self._log)):
            self._received.put(message)


def _written(message: Message, path: Path) -> bool:
    """Write a message of a log to a file as Avocado would; return whether that was possible."""
    text = message["log"].decode(message.get("encoding", "utf-8"), errors="replace")
    try:
        with path.open("a", encoding="utf-8", errors="replace") as log:
            log.write("".join(f"[stdlog] {line}\n" for line in text.splitlines()))
    except OSError:
        return False  # The disk is full, say, which is not the concern of whoever logs.
    return True


def _passed(message: Message, judgement: bytes) -> Message:
    """Return the message of a test that passed, with a word on its line if there is one to say."""
    if not judgement:
        return _no_verdict("was cut off")
    told = json.loads(judgement)
    word = word_on_the_kernel(told.get("newer_than_seen", ""), told.get("kernel_warned_before", []))
    return {**message, "fail_reason": word} if word else message


def _no_verdict(how: str) -> Message:
    reason = f"the test's process {how}, without a verdict"
    message: Message = messages.FinishedMessage.get("error", fail_reason=reason)
    return message


def _remove_work_folders(output_dir: str) -> None:
    """Remove the folders, always empty here, that Avocado's test class leaves among the results."""
    for path in Path(output_dir).glob("tmp_dir*"):
        shutil.rmtree(path, ignore_errors=True)


def _terminate(signum: int, frame: FrameType | None) -> None:
    raise Terminated


class RunnerApp(BaseRunnerApp):  # type: ignore[misc]
    """The command avocado-runner-avocado-pin."""

    PROG_NAME = "avocado-runner-avocado-pin"
    PROG_DESCRIPTION = "nrunner application for page pinning tests"
    RUNNABLE_KINDS_CAPABLE = ["avocado-pin"]


def main() -> None:
    """Run the command."""
    try:
        RunnerApp(print).run()
    except Terminated:
        pass
