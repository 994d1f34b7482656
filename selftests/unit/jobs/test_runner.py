"""What Avocado hears from the runner, however the test in its child ends."""

import json
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from avocado.core.utils import messages

from avocado_pin.base import leftover_processes
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import DataFolder
from avocado_pin.guest.start_plan import StartPlan
from avocado_pin.jobs import guest_pool, runner
from avocado_pin.jobs.runner import Message, PinRunner
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.qemu import running
from avocado_pin.qemu.accelerator import Choice
from avocado_pin.qemu.running import Machine
from avocado_pin.variant.variant import Variant
from avocado_pin.vt import qemu_probes

Child = Callable[[Any, Any], None]
Run = Callable[[Child], list[Message]]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant_of: Callable[..., Variant]
) -> StartPlan:
    monkeypatch.setattr(qemu_probes, "remember", lambda *_: None)
    variant = variant_of(
        "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
    )
    params = {"qemu_binary": "/bin/true", "extra_params": "-display none"}
    kernel = Kernel("bookworm", "cloud", "6.1", "1", tmp_path, tmp_path, None)
    image = GuestImage(kernel, tmp_path, tmp_path, "amd64", "today")
    return StartPlan(
        variant, params, DataFolder(tmp_path), image, Choice("tcg", "", "max"), key="key"
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, plan: StartPlan) -> Run:
    """Return the messages of a test in a child, without those that say it still runs."""

    def of(child: Child) -> list[Message]:
        monkeypatch.setattr(runner, "_test", child)
        return _telling(runner._messages_of(SimpleNamespace(), plan))

    return of


def _telling(found: Iterator[Message]) -> list[Message]:
    return [m for m in found if m["status"] != "running" or "type" in m]


def _wait_to_be_killed() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)


def _assert_no_verdict(found: list[Message], how: str) -> None:
    last = found[-1]
    assert (last["status"], last["result"]) == ("finished", "error")
    assert last["fail_reason"] == f"the test's process {how}, without a verdict"
    assert not any(message.get("result") == "PASS" for message in found)


# the test's messages


@pytest.mark.parametrize("module", ["virttest.utils_qemu", "virttest.qemu_devices.qcontainer"])
def test_an_avocado_vt_without_what_is_replaced_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """Before anything is imported that needs it."""
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "avocado_pin.vt.qemu_probes", raising=False)
    with pytest.raises(BadConfiguration, match=f"got no process.run in {module}"):
        next(runner._messages_of(SimpleNamespace(), None))  # type: ignore[arg-type]


@pytest.mark.parametrize("result", ["PASS", "FAIL", "ERROR", "CANCEL"])
def test_a_verdict_is_passed_on_with_its_whiteboard(run: Run, result: str) -> None:
    def child(received: Any, _: Any) -> None:
        received.put(messages.LogMessage.get("a line"))
        received.put(messages.WhiteboardMessage.get("{}"))
        received.put(messages.FinishedMessage.get(result, fail_reason="why"))

    found = run(child)
    assert [message.get("type") for message in found[:-1]] == ["log", "whiteboard"]
    assert (found[-1]["result"], found[-1]["fail_reason"]) == (result, "why")


def test_a_pass_on_a_kernel_that_nobody_has_seen_says_so_on_its_line(run: Run) -> None:
    def child(received: Any, _: Any) -> None:
        told = {"newer_than_seen": "kernel 7.4 is newer", "kernel_warned_before": ["WARNING: x"]}
        received.put(messages.WhiteboardMessage.get(json.dumps(told)))
        received.put(messages.FinishedMessage.get("PASS"))

    expected = "kernel 7.4 is newer; the kernel had warned before the test: WARNING: x"
    assert (run(child)[-1]["result"], run(child)[-1]["fail_reason"]) == ("PASS", expected)


def test_a_pass_without_a_whiteboard_is_an_error(run: Run) -> None:
    _assert_no_verdict(run(lambda q, _: q.put(messages.FinishedMessage.get("PASS"))), "was cut off")


def test_a_pass_with_an_empty_whiteboard_is_an_error(run: Run) -> None:
    def child(received: Any, _: Any) -> None:
        received.put(messages.WhiteboardMessage.get(""))
        received.put(messages.FinishedMessage.get("PASS"))

    _assert_no_verdict(run(child), "was cut off")


@pytest.mark.parametrize("result", ["FAIL", "ERROR", "CANCEL"])
def test_another_end_without_a_whiteboard_is_passed_on(run: Run, result: str) -> None:
    found = run(lambda q, _: q.put(messages.FinishedMessage.get(result, fail_reason="why")))
    assert (found[-1]["result"], found[-1]["fail_reason"]) == (result, "why")


@pytest.mark.parametrize("status", [0, 7])
def test_a_child_that_exits_is_an_error(run: Run, status: int) -> None:
    _assert_no_verdict(run(lambda *_: os._exit(status)), f"ended with {status}")


def test_a_child_that_is_killed_is_an_error(run: Run) -> None:
    _assert_no_verdict(run(lambda *_: _wait_to_be_killed()), "ended with -15")


def test_a_child_that_is_killed_after_its_whiteboard_is_an_error(run: Run) -> None:
    def child(received: Any, _: Any) -> None:
        received.put(messages.WhiteboardMessage.get("{}"))
        time.sleep(1)
        _wait_to_be_killed()

    _assert_no_verdict(run(child), "ended with -15")


def test_a_child_that_goes_on_after_its_end_is_killed(run: Run, tmp_path: Path) -> None:
    def child(received: Any, _: Any) -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        received.put(messages.WhiteboardMessage.get("{}"))
        received.put(messages.FinishedMessage.get("PASS"))
        time.sleep(300)

    assert run(child)[-1]["result"] == "PASS"
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


def test_a_child_is_said_to_run_while_it_does(
    monkeypatch: pytest.MonkeyPatch, plan: StartPlan
) -> None:
    # Nothing but its death tells.
    monkeypatch.setattr(runner, "_test", lambda *_: time.sleep(1.5))
    found = list(runner._messages_of(SimpleNamespace(), plan))
    assert {message["status"] for message in found[:-1]} == {"running"}
    _assert_no_verdict(found, "ended with 0")


# the test in the child


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put this process's signal handlers back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("handlers")
def test_a_signal_ends_the_child_without_a_word(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    class PassingTest:
        """As Avocado-VT's, a pass unless there is an Exception; Terminated is none."""

        def __init__(self, received: Any, _: Any):
            self._received = received

        def runTest(self) -> None:  # noqa: N802
            try:
                os.kill(os.getpid(), number)
                time.sleep(60)
            finally:
                self._received.put("a pass")

    signal.signal(number, runner._terminate)
    monkeypatch.setattr("avocado_vt.plugins.vt_runner.VirtTest", PassingTest)
    received: Any = multiprocessing.Queue()
    monkeypatch.setenv(leftover_processes.MARK, "/nowhere")
    runnable = SimpleNamespace(output_dir="/nowhere", config={})
    process = multiprocessing.Process(target=runner._test, args=(received, runnable))
    process.start()
    process.join(30)
    assert process.exitcode == -number
    assert received.empty()


@pytest.mark.parametrize(
    ("config", "is_sent"),
    [
        ({"core.show": ["app"]}, False),
        ({"core.show": {"none"}, "job.run.store_logging_stream": []}, False),
        ({"core.show": ["app", "avocado.test"]}, True),
        ({"core.show": ["app"], "job.run.store_logging_stream": ["avocado.test"]}, True),
    ],
)
def test_a_log_is_written_here_unless_avocado_is_to_show_it(
    tmp_path: Path, config: dict[str, Any], is_sent: bool
) -> None:
    received: queue.Queue[Message] = queue.Queue()
    told = runner._Told(received, tmp_path, config)
    (tmp_path / "debug.log").touch()
    log = messages.LogMessage.get("one\ntwo", log_name="avocado.test", log_levelname="INFO")
    told.put(log)
    told.put(messages.WhiteboardMessage.get("{}"))
    sent = [received.get_nowait() for _ in range(received.qsize())]
    assert [message["type"] for message in sent] == ["log"] * is_sent + ["whiteboard"]
    written = "" if is_sent else "[stdlog] one\n[stdlog] two\n"
    assert (tmp_path / "debug.log").read_text() == written


def test_a_log_that_can_not_be_written_is_avocados_concern(tmp_path: Path) -> None:
    (tmp_path / "debug.log").symlink_to("/dev/full")
    received: queue.Queue[Message] = queue.Queue()
    runner._Told(received, tmp_path, {}).put(messages.LogMessage.get("a line"))
    assert received.get_nowait()["log"] == b"a line"


# the runner


@pytest.fixture
def runnable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handlers: None
) -> Iterator[SimpleNamespace]:
    """Return a runnable for PinRunner.run(), which changes this process's surroundings."""
    (tmp_path / "job").mkdir()
    monkeypatch.setenv(leftover_processes.JOB, str(tmp_path / "job"))
    monkeypatch.setenv(leftover_processes.MARK, "")
    monkeypatch.setenv("TMPDIR", "")
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield SimpleNamespace(output_dir=str(tmp_path / "out"), kwargs={})


def _raiser(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> None:
        raise error

    return fail


def test_a_refused_parameter_is_an_error_with_its_text(
    monkeypatch: pytest.MonkeyPatch, runnable: SimpleNamespace, tmp_path: Path
) -> None:
    error = BadConfiguration("pages", got="'0'", expected="1 to 9", look_at="configs/")
    monkeypatch.setattr(runner, "plan_start", _raiser(error))
    first, last = list(PinRunner().run(runnable))
    assert first["status"] == "started"
    assert (last["status"], last["result"]) == ("finished", "error")
    assert last["fail_reason"] == "pages: got '0', expected 1 to 9 (see configs/)"
    assert list((tmp_path / "job").iterdir()) == []


@pytest.mark.parametrize(
    ("module", "where"),
    [(runner, "plan_start"), (runner, "_messages_of"), (guest_pool, "new_folder")],
)
def test_any_exception_still_finishes_the_test(
    monkeypatch: pytest.MonkeyPatch,
    runnable: SimpleNamespace,
    plan: StartPlan,
    tmp_path: Path,
    module: Any,
    where: str,
) -> None:
    monkeypatch.setattr(runner, "plan_start", lambda _: plan)
    monkeypatch.setattr(module, where, _raiser(OSError(28, "No space left on device")))
    found = list(PinRunner().run(runnable))
    assert [message["status"] for message in found] == ["started", "running", "finished"]
    assert found[1]["type"] == "stderr"
    assert b"Traceback" in found[1]["log"]
    assert found[2]["result"] == "error"
    assert found[2]["fail_reason"] == (
        "OSError: [Errno 28] No space left on device (see debug.log)"
    )
    assert list((tmp_path / "job").iterdir()) == []


def test_a_runner_that_is_told_to_end_leaves_no_folder(
    monkeypatch: pytest.MonkeyPatch, runnable: SimpleNamespace, tmp_path: Path
) -> None:
    monkeypatch.setattr(runner, "plan_start", _raiser(runner.Terminated()))
    with pytest.raises(runner.Terminated):
        list(PinRunner().run(runnable))
    assert list((tmp_path / "job").iterdir()) == []


@pytest.mark.parametrize(
    ("result", "is_left"), [("PASS", True), ("CANCEL", True), ("FAIL", False), ("error", False)]
)
def test_a_guest_is_left_only_by_a_test_that_ended_well(
    monkeypatch: pytest.MonkeyPatch,
    runnable: SimpleNamespace,
    plan: StartPlan,
    result: str,
    is_left: bool,
) -> None:
    """Whatever the test itself meant, which could not know what would go wrong after it."""
    folders = []

    def child(of: Any, _: Any) -> Iterator[Message]:
        folders.append(Path(of.kwargs["pin_guest_folder"]))
        running.leave(Machine("key", 1, 0, 1, "", "", ""), folders[0])
        yield messages.RunningMessage.get()
        yield messages.FinishedMessage.get(result)

    monkeypatch.setattr(runner, "plan_start", lambda _: plan)
    monkeypatch.setattr(runner, "_messages_of", child)
    list(PinRunner().run(runnable))
    assert bool(running.idle(folders[0])) == folders[0].exists() == is_left


def test_a_test_dies_with_its_runner(tmp_path: Path) -> None:
    """Or it would go on, and hold its slot."""
    program = (
        "import multiprocessing, os, time\n"
        "from types import SimpleNamespace\n"
        "from avocado_vt.plugins import vt_runner\n"
        "from avocado_pin.jobs import runner\n"
        "class Test:\n"
        "    def __init__(self, *_): pass\n"
        "    def runTest(self): print(os.getpid(), flush=True); time.sleep(300)\n"
        "vt_runner.VirtTest = Test\n"
        "runnable = SimpleNamespace(output_dir='/nowhere', config={})\n"
        "multiprocessing.Process(target=runner._test, args=(None, runnable)).start()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, leftover_processes.MARK: str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    child = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait()
    gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone
