"""Avocado-VT, the plug-in that starts virtual machines: its set-up and its internals.

Those are checked before they are replaced, and no other package replaces any.
"""

# What other packages may use of it.
__all__ = ["own_setup", "patched_internals", "qemu_probes", "vm_start"]
