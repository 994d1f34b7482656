"""The guest's user space: an initramfs of a few of Debian's programs and files of our own.

What happens in a guest that has booted is guest's.
"""

# What other packages may use of it.
__all__ = ["contents"]
