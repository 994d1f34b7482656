"""How many tests of a job run at once."""

from pathlib import Path
from typing import Any

import pytest
from avocado.core.settings import settings

from avocado_pin.jobs import guests_at_once, max_parallel_tasks
from avocado_pin.variant import resolve_reference

CELLS = [*resolve_reference.cells("pin_smoke"), *resolve_reference.cells("pin_driver")]


@pytest.mark.parametrize(
    ("words", "is_chosen"),
    [
        (["avocado", "run", "pin_smoke"], False),
        (["avocado", "run", "--max-parallel-tasks", "1", "pin_smoke"], True),
        (["avocado", "run", "--max-parallel-tasks=1", "pin_smoke"], True),
        (["avocado", "run", "--max-par", "1", "pin_smoke"], True),
    ],
)
def test_the_command_line_may_say(words: list[str], is_chosen: bool) -> None:
    assert max_parallel_tasks.chosen(words, []) is is_chosen


@pytest.mark.parametrize(
    ("text", "is_chosen"),
    [
        ("[run]\nmax_parallel_tasks = 1\n", True),
        ("[run]\nspawner = process\n[core]\nshow = app\n", False),
        ("", False),
    ],
)
def test_the_users_configuration_may_say(tmp_path: Path, text: str, is_chosen: bool) -> None:
    path = tmp_path / "avocado.conf"
    path.write_text(text)
    assert max_parallel_tasks.chosen([], [path, tmp_path / "missing.conf"]) is is_chosen


def test_avocado_vts_own_configuration_does_not_count() -> None:
    of_vt = [Path(path) for path in settings.config_paths if "avocado_vt" in path]
    assert any("max_parallel_tasks" in path.read_text() for path in of_vt)
    assert not max_parallel_tasks.chosen([], of_vt)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who has said nothing, or what the test says, on a host with room for guests."""
    monkeypatch.setattr(settings, "config_paths", [])
    monkeypatch.setattr("sys.argv", ["avocado"])


@pytest.mark.parametrize(("fit", "number"), [(1, 1), (2, 2), (16, 2)])
@pytest.mark.usefixtures("host")
def test_two_run_at_once_where_two_guests_fit(
    monkeypatch: pytest.MonkeyPatch, fit: int, number: int
) -> None:
    monkeypatch.setattr(guests_at_once, "count", lambda _: fit)
    config: dict[str, Any] = {max_parallel_tasks.OPTION: 1}
    max_parallel_tasks.apply(config, CELLS)
    assert config[max_parallel_tasks.OPTION] == number


@pytest.mark.usefixtures("host")
def test_what_a_program_that_starts_a_job_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests_at_once, "count", lambda _: 16)
    config: dict[str, Any] = {max_parallel_tasks.OPTION: 4}
    max_parallel_tasks.apply(config, CELLS)
    assert config[max_parallel_tasks.OPTION] == 4


@pytest.mark.usefixtures("host")
def test_what_the_user_said_stays_and_a_limit_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.argv", ["avocado", "run", "--max-parallel-tasks", "9"])
    monkeypatch.setattr(guests_at_once, "count", lambda _: 3)
    monkeypatch.setattr(max_parallel_tasks.LOG, "propagate", True)
    config: dict[str, Any] = {max_parallel_tasks.OPTION: 9}
    with caplog.at_level("INFO", max_parallel_tasks.LOG.name):
        max_parallel_tasks.apply(config, CELLS)
    assert config[max_parallel_tasks.OPTION] == 9
    assert caplog.messages == [
        "9 tests at once were asked for; this host's cores and half of its memory hold 3"
    ]
