"""The guest's user space.

An initramfs of a few programs out of Debian packages, and the files of our own in it. What happens
in a guest that has booted is guest's.
"""

# What other packages may use of it.
__all__ = ["contents"]
