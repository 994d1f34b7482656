"""The text that a guest leaves (events, numastat, logs, counters) becomes typed records.

Nothing is judged here; who gathers the text is trial.
"""

# What other packages may use of it.
__all__ = ["events", "kernel_counters", "kernel_log", "numa_maps", "numastat", "records"]
