"""From a test's parameters to Avocado-VT's."""

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.guest import start_plan
from avocado_pin.variant import resolve_reference

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"page": "7"}, "page: got '7', expected a known parameter; near: pages"),
        ({"mem": "512"}, "mem: got '512', expected a known parameter; near: vt_mem"),
        ({"balancing": "off"}, f"balancing: got 'off', expected fast, as in {CELL}, or a test"),
    ],
)
def test_what_a_recipe_sets_in_vain_is_refused(changed: dict[str, str], message: str) -> None:
    (cell,) = resolve_reference.cells(CELL)
    with pytest.raises(BadConfiguration) as caught:
        start_plan.plan_start({**cell, **changed})
    assert str(caught.value).startswith(message)
