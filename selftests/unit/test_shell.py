import pytest

from avocado_pin import shell


@pytest.mark.parametrize(
    ("text", "status", "output"),
    [
        ("[avocado-pin 0]# ", 0, ""),
        ("a\nb\n[avocado-pin 127]# ", 127, "a\nb\n"),
        ("no newline[avocado-pin 1]# ", 1, "no newline"),
        ("a\r\n[avocado-pin 0]# ", 0, "a\n"),
        ("[avocado-pin 3]# is printed\n[avocado-pin 0]# ", 0, "[avocado-pin 3]# is printed\n"),
    ],
)
def test_the_prompt_tells_the_exit_status(text: str, status: int, output: str) -> None:
    assert shell.parse(text) == (status, output)


@pytest.mark.parametrize("text", ["", "output", "[avocado-pin 0]# more", "[avocado-pin $?]# "])
def test_without_a_prompt_at_the_end_there_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError, match="no prompt at the end"):
        shell.parse(text)
