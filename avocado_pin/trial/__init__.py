"""One test from its guest to its status.

Settings, driver, workload, samples, and verdict.json. It decides nothing about pages, which is the
rules'.
"""

# What other packages may use of it.
__all__ = ["driver_test", "migration_test", "trial", "verdict_json"]
