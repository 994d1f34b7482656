"""Imports run one way, by what each package lets others use; the docs say where things are."""

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
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
    for module in _face(name):
        assert (picture.PACKAGE / name / f"{module}.py").is_file(), module


def test_others_use_nothing_else() -> None:
    faces = {f"avocado_pin.{name}.{module}" for name in PACKAGES for module in _face(name)}
    wrong = [f"{one} imports {other}" for one, other in picture.uses() if other not in faces]
    assert wrong == []


def test_what_others_may_use_is_used() -> None:
    used = {other for _, other in picture.uses()}
    others = [ROOT / "setup.py", *ROOT.glob("tests/*.py")]
    named = re.findall(r"avocado_pin\.\w+(?:\.| import )\w+", "\n".join(map(_text, others)))
    used |= {name.replace(" import ", ".") for name in named}
    faces = [f"avocado_pin.{name}.{module}" for name in PACKAGES for module in _face(name)]
    assert [face for face in faces if face not in used] == []


def test_a_folder_of_modules_is_a_package() -> None:
    """Or the order of imports, which is of packages, would not be checked of it."""
    assert {path.parent.name for path in picture.PACKAGE.glob("*/*.py")} == set(PACKAGES)


def _face(name: str) -> list[str]:
    return list(importlib.import_module(f"avocado_pin.{name}").__all__)


def _text(path: Path) -> str:
    return path.read_text()


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
    assert picture.DOT.read_text() == picture.dot(picture.imports())


def test_twenty_questions_are_answered_by_files_that_are_there() -> None:
    rows = [line for line in QUESTIONS.read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 20
    for row in rows:
        files = re.findall(r"`([\w/.-]+)`", row.split("|")[2])
        assert files, row
        for file in files:
            assert (ROOT / file).exists(), file


def _named(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield what looks like a module or file of the project's, by the file that names it."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    for name in listed.stdout.splitlines():
        if name.endswith((".md", ".py", ".cfg", ".c", ".h", ".sh", "Makefile")):
            for found in re.findall(pattern, (ROOT / name).read_text()):
                yield name, found


def test_modules_that_are_named_are_there() -> None:
    """In docs and comments, too, of which nobody is told when a module gets another name."""
    for name, found in _named(r"\bavocado_pin((?:\.[a-z_]+)+)"):
        path = picture.PACKAGE.joinpath(*found[1:].split("."))
        # A package, a module, or something of a module.
        there = path.is_dir() or any(p.with_suffix(".py").is_file() for p in (path, path.parent))
        assert there, f"{name}: avocado_pin{found}"
