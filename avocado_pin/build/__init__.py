"""The driver, the workload and the driver's tests are compiled.

By the host's compiler, or by one in a root of its own; no kernel is built here.
"""

# What other packages may use of it.
__all__ = ["compiler_root", "driver_and_workload"]
