"""A guest: booted, restored or taken over, logged in to, asked, checked, and lost.

The command line of its QEMU is qemu's; what a test does in it is trial's.
"""

# What other packages may use of it.
__all__ = [
    "boot",
    "fit_for_reuse",
    "guest",
    "preflight_command",
    "snapshot_on_disk",
    "ssh",
    "start_plan",
]
