"""The driver, the workload and the driver's tests are compiled, by the host's compiler or by

The kernel itself is not built here.
"""

# What other packages may use of it.
__all__ = ["compiler_root", "driver_and_workload"]
