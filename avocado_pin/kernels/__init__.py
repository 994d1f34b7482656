"""The kernels that guests boot: Debian's and the user's own, checked, unpacked and remembered.

Fetching, listing and removing them for the user is setup's; what is compiled for them is build's.
"""

# What other packages may use of it.
__all__ = ["boot_files", "debian_kernel", "guest_modules", "kernel", "own_kernel"]
