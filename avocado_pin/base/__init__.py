"""What any program has.

Errors, paths, commands with deadlines, locks, files that survive a failure, a test's folder, and
what is known of architectures. It asks no guest and judges nothing; all other packages may use it.
"""

# What other packages may use of it.
__all__ = [
    "architecture",
    "artifacts",
    "command",
    "deadline",
    "errors",
    "kept_folders",
    "leftover_processes",
    "locks",
    "nearest",
    "paths",
    "phases",
    "progress",
    "typed_text",
]
