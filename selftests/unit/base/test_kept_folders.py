import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from avocado_pin.base import kept_folders


def _dead_pid() -> int:
    """Return the PID of a process that is gone."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


# fingerprint


def test_fingerprint_of_the_same_parts_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    parts: list[str | bytes | Path] = ["kernel", b"image", tmp_path / "file"]
    assert kept_folders.fingerprint(parts) == kept_folders.fingerprint(parts)


def test_fingerprint_changes_with_a_files_content(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("one")
    before = kept_folders.fingerprint([file])
    file.write_text("two")
    assert kept_folders.fingerprint([file]) != before


def test_fingerprint_changes_with_a_files_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")
    assert kept_folders.fingerprint([tmp_path / "a"]) != kept_folders.fingerprint([tmp_path / "b"])


def test_fingerprint_changes_with_a_file_deep_in_a_folder(tmp_path: Path) -> None:
    deep = tmp_path / "folder" / "deep"
    deep.parent.mkdir()
    deep.write_text("one")
    before = kept_folders.fingerprint([tmp_path])
    deep.write_text("two")
    assert kept_folders.fingerprint([tmp_path]) != before


def test_fingerprint_of_a_folder_does_not_depend_on_where_it_is(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("same")
    assert kept_folders.fingerprint([tmp_path / "here"]) == kept_folders.fingerprint(
        [tmp_path / "there"]
    )


def test_fingerprint_does_not_mistake_one_split_of_a_text_for_another() -> None:
    assert kept_folders.fingerprint(["ab", "c"]) != kept_folders.fingerprint(["a", "bc"])


# make_once


def test_make_once_leaves_what_was_made_under_the_final_name(tmp_path: Path) -> None:
    made = kept_folders.make_once(tmp_path / "x" / "final", lambda work: _write(work, "whole"))
    assert made == tmp_path / "x" / "final"
    assert (made / "file").read_text() == "whole"


def test_make_once_does_not_make_again_what_is_there(tmp_path: Path) -> None:
    kept_folders.make_once(tmp_path / "final", lambda work: _write(work, "first"))
    kept_folders.make_once(tmp_path / "final", lambda work: _write(work, "second"))
    assert (tmp_path / "final" / "file").read_text() == "first"


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_make_once_interrupted_leaves_nothing(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    def make(work: Path) -> None:
        _write(work, "half")
        raise interruption

    with pytest.raises(interruption):
        kept_folders.make_once(tmp_path / "final", make)
    assert list(tmp_path.iterdir()) == []


def test_make_once_has_no_final_name_before_it_is_whole(tmp_path: Path) -> None:
    def make(work: Path) -> None:
        assert not (tmp_path / "final").exists()
        assert work.parent == tmp_path

    kept_folders.make_once(tmp_path / "final", make)


def test_make_once_by_two_at_once_makes_one_whole_folder(tmp_path: Path) -> None:
    both_are_making = threading.Barrier(2, timeout=10)
    results: list[Path] = []

    def maker(name: str) -> None:
        def make(work: Path) -> None:
            both_are_making.wait()
            for number in range(20):
                (work / f"file-{number}").write_text(name)

        results.append(kept_folders.make_once(tmp_path / "final", make))

    threads = [threading.Thread(target=maker, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [tmp_path / "final"] * 2
    contents = [path.read_text() for path in (tmp_path / "final").iterdir()]
    assert len(contents) == 20
    assert len(set(contents)) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "final"]


def test_make_once_reports_a_final_name_that_is_taken_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "final").write_text("a file")
    with pytest.raises(NotADirectoryError):
        kept_folders.make_once(tmp_path / "final", lambda work: _write(work, "whole"))


# write_atomically


def test_write_atomically_replaces_a_file_and_sets_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    kept_folders.write_atomically(path, "one")
    kept_folders.write_atomically(path, "two", mode=0o755)
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o755
    assert list(path.parent.iterdir()) == [path]


def test_write_atomically_failing_keeps_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    kept_folders.write_atomically(path, "old")

    def fail(*_: object) -> None:
        raise OSError("no rename today")

    monkeypatch.setattr(os, "replace", fail)
    # Path.replace calls os.replace too, so either way of writing it is stopped here.
    with pytest.raises(OSError, match="no rename today"):
        kept_folders.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# sweep


def test_sweep_removes_a_folder_a_dead_maker_left(tmp_path: Path) -> None:
    left = tmp_path / "deep" / f"{kept_folders.UNFINISHED}{_dead_pid()}-abc"
    left.mkdir(parents=True)
    (left / "file").write_text("half")
    kept_folders.sweep(tmp_path)
    assert not left.exists()


def test_sweep_removes_a_file_a_dead_maker_left(tmp_path: Path) -> None:
    left = tmp_path / f"{kept_folders.UNFINISHED}{_dead_pid()}-abc"
    left.write_text("half")
    kept_folders.sweep(tmp_path)
    assert not left.exists()


def test_sweep_keeps_what_a_living_maker_is_making(tmp_path: Path) -> None:
    def make(work: Path) -> None:
        _write(work, "whole")
        kept_folders.sweep(tmp_path)

    assert (kept_folders.make_once(tmp_path / "final", make) / "file").read_text() == "whole"


def test_sweep_removes_the_scratch_folder_a_dead_maker_left(tmp_path: Path) -> None:
    maker = (
        "import os, pathlib, sys; from avocado_pin.base import kept_folders; "
        "left = kept_folders.scratch(pathlib.Path(sys.argv[1])); pathlib.Path(left.name, 'file')"
        ".write_text('half'); print(left.name, flush=True); os._exit(9)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", maker, tmp_path], check=False, stdout=subprocess.PIPE, text=True
    )
    left = Path(shown.stdout.strip())
    assert shown.returncode == 9
    assert (left.parent, (left / "file").read_text()) == (tmp_path, "half")
    kept_folders.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sweep_keeps_the_scratch_folder_of_the_living(tmp_path: Path) -> None:
    with kept_folders.scratch(tmp_path) as folder:
        kept_folders.sweep(tmp_path)
        assert list(tmp_path.iterdir()) == [Path(folder)]
    assert list(tmp_path.iterdir()) == []


def test_sweep_keeps_what_is_finished(tmp_path: Path) -> None:
    kept_folders.make_once(tmp_path / "final", lambda work: _write(work, "whole"))
    kept_folders.sweep(tmp_path)
    assert (tmp_path / "final" / "file").exists()


def _write(folder: Path, text: str) -> None:
    (folder / "file").write_text(text)
