"""A cell of a set: from Cartesian parameters, which are strings, to a typed record.

Its layout and what must happen are part of it; what follows from it for QEMU is qemu's.
"""

# What other packages may use of it.
__all__ = [
    "avocado_vt_params",
    "axes",
    "command_line_params",
    "expectation_parser",
    "expectation_words",
    "guest_key",
    "numa_nodes",
    "read_and_check_params",
    "refuse_unknown_names",
    "resolve_reference",
    "variant",
]
