"""Debian's archive.

Where it is, what its releases have, and fetching and unpacking packages without installing them.
What the host itself must have installed is host's; what is made of the packages is kernels',
initramfs' and build's.
"""

# What other packages may use of it.
__all__ = ["apt_root", "deb_archives", "host_system", "mirrors", "releases"]
