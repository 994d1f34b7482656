"""A guest: booted, restored or taken over, logged in to, asked, checked, and lost.

The command line of its QEMU is qemu's; what a test does in it is trial's.
"""

# What other packages may use of it.
__all__ = ["as_booted", "boot", "guest", "preflight", "prepare", "snapshot", "ssh"]
