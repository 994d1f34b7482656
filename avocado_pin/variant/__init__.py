"""A cell of a set: from Cartesian parameters, which are strings, to a typed record.

Its layout and what must happen are part of it; what follows from it for QEMU is qemu's.
"""

# What other packages may use of it.
__all__ = [
    "axes",
    "expectation",
    "from_params",
    "kernel_differences",
    "layout",
    "same_guest",
    "sets",
    "variant",
]
