"""Wrong parameters and missing parts end in one clear line, without a guest."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import AVOCADO, Job, pinned

ONE = pinned(1)


@pytest.mark.parametrize("pages", ["0", "-1", "many", "1.5", "", "1000000"])
def test_pages(run_job: Callable[..., Job], pages: str) -> None:
    result = run_job(ONE, pages=pages).only
    assert result.status == "ERROR"
    assert (
        f"pages: got '{pages}', expected a whole number from 1 to 212992 (pages)" in result.reason
    )
    assert "\n" not in result.reason


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [("workload_cpu", "8", 7), ("home_node", "2", 1), ("near_node", "2", 1)],
)
def test_place_outside_the_layout(
    run_job: Callable[..., Job], name: str, value: str, most: int
) -> None:
    result = run_job(ONE, **{name: value}).only
    assert result.status == "ERROR"
    assert f"{name}: got '{value}', expected a whole number from 0 to {most}" in result.reason


def test_forced_migrator_with_balancing(run_job: Callable[..., Job]) -> None:
    result = run_job(ONE, migrator="move_pages").only
    assert result.status == "ERROR"
    assert "balancing: got 'stock', expected off with the forced migrator move_pages" in (
        result.reason
    )


def test_unknown_kernel(run_job: Callable[..., Job]) -> None:
    result = run_job(ONE, kernel_flavour="nosuch").only
    assert result.status == "ERROR"
    assert "kernel_flavour: got 'nosuch'" in result.reason
    assert "cloud" in result.reason


def test_driver_source_without_a_driver(run_job: Callable[..., Job], tmp_path: Path) -> None:
    result = run_job(ONE, driver_source=str(tmp_path)).only
    assert result.status == "ERROR"
    assert f"driver_source: got {tmp_path}, expected a folder with page_pin.c" in result.reason


def test_driver_that_does_not_compile(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    folder = patched_driver("leak")
    source = Path(folder, "page_pin.c")
    source.write_text(source.read_text() + "this is not C\n")
    result = run_job(ONE, driver_source=folder).only
    assert result.status == "ERROR"
    assert "driver for " in result.reason
    assert "page_pin.c" in result.reason
    assert "error: " in result.reason


def test_unknown_variant(run_job: Callable[..., Job]) -> None:
    job = run_job("pin_tests.nosuch")
    assert job.results == []
    assert "No tests found for given test references: pin_tests.nosuch" in job.output


def test_extra_parameter_without_a_value() -> None:
    command = [AVOCADO, "run", "--vt-extra-params", "pages", ONE]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "--vt-extra-params: got 'pages', expected NAME=VALUE" in done.stdout + done.stderr


def test_missing_qemu(tmp_path: Path) -> None:
    """With a PATH of everything but QEMU."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for folder in reversed(os.environ["PATH"].split(":")):
        for path in Path(folder).glob("*"):
            link = tools / path.name
            if not path.name.startswith("qemu-system") and not link.exists():
                link.symlink_to(path)
    done = subprocess.run(
        [AVOCADO, "run", "--job-results-dir", tmp_path / "results", ONE],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tools)},
    )
    assert "ERROR: QEMU: got no qemu-system-x86_64 in PATH" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_set_that_was_only_cancelled_is_not_green(run_job: Callable[..., Job]) -> None:
    job = run_job("pin_tests.balancing.driver.anon.pages_100.one_node")
    assert job.only.status == "CANCEL"
    assert "NOT JUDGED : pin_tests: each of its tests was cancelled" in job.output
    assert job.exit_code == 1
