"""The lower memory tier of a layout, brought online in a guest that has booted."""

import shlex
from pathlib import Path

from avocado_pin.guest.guest import Guest
from avocado_pin.variant.variant import Variant


def bring_lower_tier_online(guest: Guest, variant: Variant) -> None:
    """Make the layout's last node one of a lower memory tier; it then stays.

    :raises DeploymentFailed: the kernel can't
    """
    script = Path(__file__).with_name("scripts") / "tier.sh"
    node = variant.layout.nodes[-1].number
    guest.run(f"sh -c {shlex.quote(script.read_text())} tier.sh {node}", thing="lower tier")
