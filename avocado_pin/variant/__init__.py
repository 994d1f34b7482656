"""A cell of a set of tests.

From Cartesian parameters, which are strings, to a typed record with its layout and what must
happen. No guest is known here; what follows from a variant for QEMU is qemu's.
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
