"""Parameters of the command line: Avocado's -p and Avocado-VT's option alike."""

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.variant import command_line_params

# As Avocado 113 keeps `-p pages=10 -p 'kernel_args=a=b c'`.
OF_AVOCADO = {"run.test_parameters": [["pages", "10"], ["kernel_args", "a=b c"]]}


def test_both_options_give_parameters() -> None:
    config = {**OF_AVOCADO, "vt.extra_params": ["kernel=sid"]}
    assert command_line_params.parse(command_line_params.assignments(config)) == {
        "pages": "10",
        "kernel_args": "a=b c",
        "kernel": "sid",
    }


def test_a_single_one_from_a_configuration_file() -> None:
    assert command_line_params.assignments({"vt.extra_params": "kernel=sid"}) == ["kernel=sid"]


@pytest.mark.parametrize("config", [{}, {"vt.extra_params": None, "run.test_parameters": []}])
def test_nothing_is_given(config: dict[str, None]) -> None:
    assert command_line_params.assignments(config) == []


def test_a_parameter_given_twice_has_one_value() -> None:
    assert command_line_params.parse(["pages=1", "pages=1"]) == {"pages": "1"}
    with pytest.raises(BadConfiguration, match=r"pages: got '1' and '2', expected one value"):
        command_line_params.parse(["pages=1", "pages=2"])


@pytest.mark.parametrize("text", ["pin_smoke", "pin_smoke..(balancing=off)"])
def test_a_test_where_a_parameter_belongs_is_told(text: str) -> None:
    with pytest.raises(BadConfiguration, match=r"expected NAME=VALUE, and tests after the options"):
        command_line_params.parse(["kernel=sid", text])
