"""The driver: clean for the compiler and sparse, and true to its interface in a guest."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from avocado_pin.base import paths
from avocado_pin.kernels import boot_files

from ..conftest import ROOT, Job


def test_no_warning_of_compiler_or_sparse(tmp_path: Path) -> None:
    for path in (ROOT / "kmod").iterdir():
        if path.suffix in (".c", ".h") or path.name == "Makefile":
            shutil.copy(path, tmp_path)
    kernel = boot_files.load(paths.data_folder(), "bookworm", "cloud").kernel
    done = subprocess.run(
        ["make", "-C", tmp_path, f"KDIR={kernel.headers}", "W=1", "C=2"],
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    assert "CHECK" in done.stdout
    assert [line for line in done.stdout.splitlines() if "warning:" in line] == []


def test_interface_in_a_guest(run_job: Callable[..., Job]) -> None:
    """Among its programs is one that was written for the original driver, in 32 bits too."""
    result = run_job("pin_driver").only
    assert (result.status, result.reason) == ("PASS", "")
    names = [rule["name"] for rule in result.verdict["rules"]]
    for program in ("abi_check", "seed_program", "abi_check32", "seed_program32"):
        assert program in names
    assert "minor faults at the pin: 2" in result.text("seed_program.tap")
