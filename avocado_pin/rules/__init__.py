"""From the records of a run to its verdict: pure functions, a rule each.

They read no file and ask no guest; what is expected is in configs/expectations_by_kernel.cfg.
"""

# What other packages may use of it.
__all__ = ["judge", "preflight", "settings_stay"]
