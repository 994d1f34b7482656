from avocado_pin.base.errors import BadConfiguration, PinError


def test_the_text_names_the_thing_what_was_got_what_is_allowed_and_where_to_look() -> None:
    error = BadConfiguration("pages", got="'0'", expected="1 to 9", look_at="configs/")
    assert str(error) == "pages: got '0', expected 1 to 9 (see configs/)"


def test_a_caller_can_make_what_was_expected_more_precise() -> None:
    error = PinError("download", got="exit 1", expected="exit 0", look_at="apt")
    error.expected = "room on the disk"
    assert "expected room on the disk" in str(error)
