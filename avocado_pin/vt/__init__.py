"""Avocado-VT (the plug-in that starts virtual machines).

Its own set-up, and its internals, which are checked before they are replaced. No other package
replaces any of them.
"""

# What other packages may use of it.
__all__ = ["internals", "own_setup", "qemu_probes", "vm_start"]
