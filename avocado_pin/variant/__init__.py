"""A cell of a set: from Cartesian parameters, which are strings, to a typed record.

Its layout and what must happen are part of it; what follows from it for QEMU is qemu's.
"""

# What other packages may use of it.
__all__ = [
    "avocado_vt_params",
    "axes",
    "cartesian",
    "expectation_parser",
    "expectation_words",
    "given_params",
    "numa_nodes",
    "read_params",
    "refuse_unknown",
    "reuse_key",
    "variant",
]
