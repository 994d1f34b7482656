"""QEMU: the program, a guest's command line, KVM or TCG, its monitor and its process.

How Avocado-VT is brought to start it is vt's; what needs a guest that answers is guest's.
"""

# What other packages may use of it.
__all__ = ["accelerator", "binary", "command_line_of_all_guests", "monitor", "running", "ssh_port"]
