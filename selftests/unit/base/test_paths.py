from pathlib import Path

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import DataFolder


def test_a_folder_that_can_be_made_is_not_made_by_the_check(tmp_path: Path) -> None:
    DataFolder(tmp_path / "a" / "b").check_writable()
    assert not (tmp_path / "a").exists()


def test_a_folder_below_a_file_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(BadConfiguration, match=r"home, which is no folder, expected .*in HOME"):
        DataFolder(tmp_path / "home" / "avocado").check_writable()


def test_nobodys_home_is_told() -> None:
    """As Avocado has it of a user whom the system does not know, without HOME."""
    with pytest.raises(BadConfiguration, match=r"^folder ~/avocado: got no HOME and no home"):
        DataFolder(Path("~/avocado")).check_writable()


def test_a_folder_of_somebody_elses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write everywhere, so the answer of access(2) is replaced."""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert DataFolder(tmp_path / "a").unwritable() == f"no right to write to {tmp_path}"
