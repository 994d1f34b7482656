"""What Avocado loads: the names of the sets, the commands, the runner and the job's hook.

Each hands on to another package at once.
"""

# What other packages may use of it.
__all__ = [
    "before_set_up",
    "job",
    "pin_bootstrap_command",
    "pin_kernel_command",
    "resolver",
    "runner",
]
