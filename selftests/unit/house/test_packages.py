"""Imports run one way, by what each package lets others use; the docs say where things are."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from selftests import picture

ROOT = picture.ROOT
QUESTIONS = ROOT / "docs" / "where-do-i-change.md"
PACKAGES = sorted(path.parent.name for path in picture.PACKAGE.glob("*/__init__.py"))


def test_what_is_built_does_not_go_into_an_image() -> None:
    """By the one name that both docker and podman read, which podman takes only if alone."""
    assert not (ROOT / ".containerignore").exists()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for built in (".git", ".venv", "build", "workload/pin_workload", "**/__pycache__", "**/*.ko"):
        assert built in ignored


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_others_may_use(name: str) -> None:
    package = importlib.import_module(f"avocado_pin.{name}")
    assert package.__doc__ and len(package.__doc__.split(".")) > 2
    for module in package.__all__:
        assert (picture.PACKAGE / name / f"{module}.py").is_file(), module


def test_others_use_nothing_else() -> None:
    faces = {name: importlib.import_module(f"avocado_pin.{name}").__all__ for name in PACKAGES}
    wrong = [
        f"{path.parent.name}/{path.name} imports {package}.{module}"
        for path, package, module in picture.uses(picture.PACKAGE)
        if module not in faces[package]
    ]
    assert wrong == []


def test_an_import_that_runs_back_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copytree(picture.PACKAGE, tmp_path / "avocado_pin")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / "avocado_pin" / "rules" / "pin_taken_and_counted.py"
    changed.write_text(changed.read_text() + "\nfrom avocado_pin.guest import guest\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode
    shown = done.stdout
    assert "avocado_pin.rules is not allowed to import avocado_pin.guest" in shown
    assert "avocado_pin.rules.pin_taken_and_counted -> avocado_pin.guest" in shown


def test_the_picture_is_of_the_imports_as_they_are() -> None:
    """Or `make picture` was forgotten."""
    assert picture.DOT.read_text() == picture.dot(picture.imports(picture.PACKAGE))


def test_twenty_questions_are_answered_by_files_that_are_there() -> None:
    rows = [line for line in QUESTIONS.read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 20
    for row in rows:
        files = re.findall(r"`([\w/.-]+)`", row.split("|")[2])
        assert files, row
        for file in files:
            assert (ROOT / file).exists(), file
