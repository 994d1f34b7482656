import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aexpect.shared import BASE_DIR

from avocado_pin.guest import shell
from avocado_pin.guest.shell import Shell

WAIT_S = 60.0


@pytest.mark.parametrize(
    ("text", "status", "output"),
    [
        ("[avocado-pin 0]# ", 0, ""),
        ("a\nb\n[avocado-pin 127]# ", 127, "a\nb\n"),
        ("no newline[avocado-pin 1]# ", 1, "no newline"),
        ("[avocado-pin 3]# is printed\n[avocado-pin 0]# ", 0, "[avocado-pin 3]# is printed\n"),
    ],
)
def test_the_prompt_tells_the_exit_status(text: str, status: int, output: str) -> None:
    assert shell.parse(text) == (status, output)


@pytest.mark.parametrize("text", ["", "output", "[avocado-pin 0]# more", "[avocado-pin $?]# "])
def test_without_a_prompt_at_the_end_there_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError, match="no prompt at the end"):
        shell.parse(text)


@pytest.fixture
def shell_of_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Return a shell of the host's: an ssh first in PATH runs here what it is told to run there."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor command; do :; done\nexec sh -c "$command" | cat\n')
    ssh.chmod(0o755)
    for folder in (Path(sys.executable).parent, tmp_path):
        monkeypatch.setenv("PATH", str(folder), prepend=":")
    of_host = Shell()
    of_host.log_in(22, WAIT_S)
    yield of_host
    of_host.close()


def test_a_shell_gives_all_of_what_its_commands_print(shell_of_host: Shell) -> None:
    """Many times what a pipe holds."""
    command = "head -c 100000 /dev/zero | tr '\\0' x"
    for _ in range(20):
        assert shell_of_host.ask(command, WAIT_S) == (0, 100000 * "x")


def test_output_goes_into_no_pipe_that_nobody_reads(shell_of_host: Shell) -> None:
    """One that fills stops aexpect's helper, now and then: when it writes more than a page."""
    folder = Path(BASE_DIR, f"aexpect_{shell_of_host.name}")
    assert [path.name for path in folder.glob("outpipe-*")] == ["outpipe-expect"]
