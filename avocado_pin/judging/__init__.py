"""From the folder that a test left to its verdict: one way, for the test and for `pin-judge`.

A test writes its evidence to files first and is judged by them. Nothing here asks a guest, and
what is not in the folder was not evidence.
"""

# What other packages may use of it.
__all__ = [
    "errors_met",
    "params_json",
    "pin_judge",
    "test_folder",
    "verdict_json_fields",
]
