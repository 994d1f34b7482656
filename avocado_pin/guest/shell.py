"""A shell in a guest over ssh, one exchange a command.

As what Avocado-VT's login() gives, but quicker: that waits half a second for each prompt at login,
a tenth after each command, and asks for each exit status by a command of its own.
"""

import logging
import re
import shlex

import aexpect
from aexpect.exceptions import ShellError

from avocado_pin.base.command import one_line
from avocado_pin.base.deadline import Deadline

LOG = logging.getLogger("avocado.test")
# The prompt, which no output can be taken for, tells the exit status of the command before it.
PROMPT_TEXT = "[avocado-pin $?]# "
PROMPT = r"\[avocado-pin (\d+)\]# $"
# Without a terminal there: no echo, no conversion of lines, no limit to their length. Nothing is
# printed within a command of several lines.
START = f"PS1={shlex.quote(PROMPT_TEXT)} PS2= exec sh -i 2>&1"
# aexpect's helper is a terminal here, which it sets up before it takes a line.
_SSH = (
    "read -r port && stty raw -echo && "
    "exec ssh -T -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no "
    f'-p "$port" root@127.0.0.1 {shlex.quote(START)}'
)
# Output that pauses is looked at after this long; if it does not end in a prompt, there is more.
PAUSE_S = 0.001
# How long a session may take to end.
END_S = 10.0


# What ssh says when no further attempt can end otherwise.
_FINAL = re.compile(
    r"Permission denied|UNPROTECTED PRIVATE KEY|no matching \w+|Too many authentication failures"
    r"|Bad configuration option|Host key verification failed|not found$",
    re.MULTILINE,
)


class LoginFailed(Exception):
    """An attempt to log in that came to nothing.

    :param said: ssh's last words, or what was waited for in vain
    :param final: whether a further attempt can't end otherwise
    """

    def __init__(self, said: str, final: bool):
        super().__init__(said)
        self.final = final


class _Session(aexpect.ShellSession):  # type: ignore[misc]
    """A session whose output goes to who asked for it, and nowhere else.

    aexpect's helper copies it to a second pipe, for a thread that only runs if there is an output
    function. Without one the pipe fills, and the helper waits for ever in a write that is larger
    than the room left.
    """

    def _add_reader(self, reader: str) -> None:
        if reader != "tail":
            super()._add_reader(reader)


class Shell:
    """A shell in a guest. It and its connection go on until it is closed, also without this object.

    aexpect's helper takes a moment to start, and may do so while the guest does: then log_in().

    :param name: of one that goes on, to take it over instead
    :raises aexpect.ExpectError: that has ended
    """

    def __init__(self, name: str = ""):
        self._session = _Session(
            None if name else _SSH, a_id=name or None, auto_close=False, prompt=PROMPT
        )
        if name and not self._session.reader_fds:
            raise aexpect.ExpectError("its ssh has ended", "")

    def log_in(self, port: int, timeout_s: float) -> None:
        """Log in.

        :param port: the port of 127.0.0.1 that leads to the guest's ssh server
        :param timeout_s: seconds it may take
        :raises LoginFailed: it failed or took longer
        """
        try:
            self._session.sendline(str(port))
            self._session.read_up_to_prompt(timeout_s, PAUSE_S)
        except (aexpect.ExpectError, ShellError) as error:
            raise _login_failed(error) from error

    @property
    def name(self) -> str:
        """What another process of the job can take it over by."""
        return str(self._session.a_id)

    def ask(self, command: str, timeout_s: float) -> tuple[int, str]:
        """Run a command and return its exit status and what it printed.

        :param timeout_s: seconds it may take
        :raises aexpect.ExpectError: the session ended, or the command did not in time
        """
        LOG.debug("in the guest: %s", command.partition("\n")[0])
        self._session.read_nonblocking(0, timeout_s)
        self._session.sendline(command)
        return parse(self._session.read_up_to_prompt(timeout_s, PAUSE_S))

    def close(self) -> None:
        """End the session."""
        self._session.kill()
        deadline = Deadline(END_S)
        # The helper may be waiting for room for output, and would not see the end of ssh.
        while self._session.reader_fds and self._session.is_alive() and not deadline.expired:
            self._session.read_nonblocking(0.01, END_S)
        self._session.close()


def _login_failed(error: Exception) -> LoginFailed:
    output = str(getattr(error, "output", ""))
    if not output.strip():
        return LoginFailed(str(error).strip().partition("\n")[0], final=False)
    return LoginFailed(f"ssh said: {one_line(output)}", final=bool(_FINAL.search(output)))


def parse(text: str) -> tuple[int, str]:
    """Return exit status and output of what is read up to a prompt, that included.

    :raises ValueError: there is no prompt
    """
    match = re.search(PROMPT, text)
    if not match:
        raise ValueError(f"no prompt at the end of {text[-80:]!r}")
    return int(match[1]), text[: match.start()]
