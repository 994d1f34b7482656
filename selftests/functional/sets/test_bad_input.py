"""Wrong parameters and missing parts end in one clear line, without a guest."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from avocado.core import exit_codes

from ..conftest import AVOCADO, Job, pinned

ONE = pinned(1)


def _avocado(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([AVOCADO, *words], check=False, capture_output=True, text=True)


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


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("page", "100", "page: got '100', expected a known parameter; near: pages"),
        ("vt_cpu_modle_flags", "+avx", "near: vt_cpu_model_flags"),
        ("layout", "four_nodes", "expected a part of the tests' names, such as pin_nightly..("),
        ("migrator", "move_pages", f"expected balancing, as in {ONE}, or a test of another name"),
        ("numa_mem_mib_node2", "512", "expected one of numa_cpulist_node0, numa_cpulist_node1"),
    ],
)
def test_a_parameter_that_changes_nothing(
    run_job: Callable[..., Job], name: str, value: str, message: str
) -> None:
    """Whichever option gives it; nothing is run."""
    job = run_job(ONE, **{name: value})
    assert (job.results, job.exit_code) == ([], exit_codes.AVOCADO_JOB_FAIL)
    assert message in job.output
    by_vt = _avocado("run", "--vt-extra-params", f"{name}={value}", ONE)
    assert by_vt.returncode == exit_codes.AVOCADO_JOB_FAIL
    assert message in by_vt.stdout + by_vt.stderr


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("pin_test", "pin_test: got 'pin_test', expected one of the sets; near: pin_tests"),
        ("pin_tests..hugetbl", "got 'hugetbl', expected a set, a group of one, or a value of an"),
        ("pin_tests..(pni=driver)", "got 'pni', expected an axis; near: pin"),
        ("pin_smoke..pages_1", "pin_smoke..pages_1: got no test, expected parts of a name"),
        ("pages=10", "pages=10: got it where tests are named, expected -p pages=10: each"),
    ],
)
@pytest.mark.parametrize("command", ["list", "run"])
def test_a_misspelt_reference(command: str, reference: str, message: str) -> None:
    done = _avocado(command, reference)
    assert done.returncode == exit_codes.AVOCADO_JOB_FAIL
    assert message in done.stdout + done.stderr


def test_a_misspelt_filter_of_a_list() -> None:
    done = _avocado("list", "--vt-no-filter", "driverr", "pin_smoke")
    assert done.returncode == exit_codes.AVOCADO_JOB_FAIL
    assert "--vt-no-filter: got 'driverr'" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vt-extra-params", "kernel=trixie", "pages=10", "--", "pin_smoke"], "-p pages=10"),
        (["--vt-extra-params", "kernel=trixie", "--vt-extra-params", "pin_smoke"], "'pin_smoke'"),
    ],
)
def test_parameters_and_tests_that_took_each_others_place(words: list[str], message: str) -> None:
    done = _avocado("run", *words)
    assert done.returncode == exit_codes.AVOCADO_JOB_FAIL
    assert message in done.stdout + done.stderr
    assert "expected " in done.stdout + done.stderr


def test_a_recipe_with_an_unknown_parameter(run_job: Callable[..., Job], tmp_path: Path) -> None:
    """Avocado's own resolver reads it."""
    _avocado("list", "--write-recipes-to-directory", str(tmp_path), ONE)
    result = run_job(str(tmp_path / "1.json"), page="7").only
    assert result.status == "ERROR"
    assert "page: got '7', expected a known parameter; near: pages" in result.reason


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
    assert "pin_tests.nosuch: got 'nosuch', expected a set, a group of one, or a" in job.output
    assert "No tests found for given test references: pin_tests.nosuch" in job.output


def test_extra_parameter_without_a_value() -> None:
    done = _avocado("run", "--vt-extra-params", "pages", ONE)
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
