"""The text that a guest leaves (events, numastat, logs, counters) becomes typed records.

Nothing is judged here, and no guest is asked: that is for rules and trial.
"""

# What other packages may use of it.
__all__ = [
    "event_schema",
    "events",
    "exits",
    "from_artifacts",
    "kernel_log_faults",
    "kernel_log_marks",
    "numastat",
    "placement",
    "records",
    "settings",
    "tap",
]
