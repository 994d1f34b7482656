"""Folders that are there whole or not at all, named after what they were made from."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

# Followed by the maker's PID, so that what a dead maker left can be told from what is being made.
UNFINISHED = ".unfinished-"


def fingerprint(parts: Iterable[str | bytes | Path]) -> str:
    """Return a short name for contents: strings, files with their names, and folders' files."""
    digest = hashlib.sha256()
    for part in parts:
        for chunk in _chunks(part):
            digest.update(len(chunk).to_bytes(8, "big") + chunk)
    return digest.hexdigest()[:16]


def _chunks(part: str | bytes | Path) -> Iterable[bytes]:
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, str):
        yield part.encode()
    elif part.is_dir():
        for path in sorted(path for path in part.rglob("*") if path.is_file()):
            yield str(path.relative_to(part)).encode()
            yield path.read_bytes()
    else:
        yield part.name.encode()
        yield part.read_bytes()


def make_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `make(temporary folder)` unless it is there already.

    The temporary folder becomes `folder` by a rename, so that an interruption leaves
    nothing half made under that name, and of two makers at once the first one wins.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=_unfinished(), dir=folder.parent))
    try:
        work.chmod(0o755)
        make(work)
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def scratch(parent: Path) -> "tempfile.TemporaryDirectory[str]":
    """Return a temporary folder in `parent` that sweep() knows, should it be left."""
    return tempfile.TemporaryDirectory(prefix=_unfinished(), dir=parent)


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old or the new text, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_unfinished(), dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def sweep(root: Path) -> None:
    """Remove what makers that were interrupted left anywhere below `root`."""
    for path in root.rglob(f"{UNFINISHED}*"):
        pid = path.name.removeprefix(UNFINISHED).partition("-")[0]
        if Path("/proc", pid).exists():
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _unfinished() -> str:
    return f"{UNFINISHED}{os.getpid()}-"
