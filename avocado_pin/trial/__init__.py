"""One test from its guest to its status: settings, driver, workload, samples, verdict.json.

It decides nothing about pages: that is for rules.
"""

# What other packages may use of it.
__all__ = ["driver_test", "migration_test", "trial"]
