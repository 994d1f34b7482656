"""The kernels that guests boot.

Debian's and the user's own, checked, unpacked and remembered. Listing, fetching and removing them
for the user is setup's; building for them is build's.
"""

# What other packages may use of it.
__all__ = ["boot_files", "debian_kernel", "own_kernel"]
