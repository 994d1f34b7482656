"""What Avocado loads: the names of the sets, the commands, the runner and the job's hook.

Each hands on to another package at once.
"""

# What other packages may use of it.
__all__ = ["before_set_up", "bootstrap", "job", "kernel", "resolver", "runner"]
