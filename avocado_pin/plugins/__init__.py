"""What Avocado loads: the names of the sets, the commands and the job's hooks.

It has what is Avocado's: arguments, what is printed, exit codes. What is done is another package's;
the runner of a test, which Avocado loads too, is in jobs.
"""

# What other packages may use of it.
__all__ = [
    "before_set_up",
    "job",
    "pin_bootstrap_command",
    "pin_judge_command",
    "pin_kernel_command",
    "resolver",
]
