"""What the commands pin-bootstrap and pin-kernel do: made once and kept.

How each part is made is known to debian, kernels, initramfs, build and vt.
"""

# What other packages may use of it.
__all__ = ["bootstrap", "kernels_kept"]
