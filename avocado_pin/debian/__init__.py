"""Debian's archive: where it is, its releases, and packages fetched without installing them.

What the host itself must have installed is host's; what is made of the packages is for kernels,
initramfs and build.
"""

# What other packages may use of it.
__all__ = ["apt_root", "deb_archives", "host_release", "mirrors", "releases"]
