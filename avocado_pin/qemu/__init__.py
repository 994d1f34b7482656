"""QEMU.

The program, the command line of a guest, KVM or TCG, its monitor and its process. How Avocado-VT is
brought to start it is vt's; what assumes a guest that answers is guest's.
"""

# What other packages may use of it.
__all__ = ["accelerator", "binary", "command_line", "running", "saved_state", "ssh_port"]
