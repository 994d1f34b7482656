"""Which sysctl keeps an ordinary user from the root of a compiler."""

from pathlib import Path

import pytest

from avocado_pin.build import compiler_root


@pytest.mark.parametrize(
    ("name", "value", "command"),
    [
        ("user/max_user_namespaces", "0", ["sysctl user.max_user_namespaces=1000"]),
        ("user/max_user_namespaces", "96238", []),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            ["sysctl kernel.unprivileged_userns_clone=1"],
        ),
        ("kernel/unprivileged_userns_clone", "1", []),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            ["sysctl kernel.apparmor_restrict_unprivileged_userns=0"],
        ),
        ("kernel/apparmor_restrict_unprivileged_userns", "0", []),
    ],
)
def test_the_sysctl_that_forbids_namespaces_is_named(
    tmp_path: Path, name: str, value: str, command: list[str]
) -> None:
    """Each is on some kernels only."""
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text(f"{value}\n")
    assert compiler_root.sysctls(tmp_path) == command
