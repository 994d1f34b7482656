"""Between Avocado's job and its tests: runners, and which guests run at once and serve whom.

What Avocado itself loads is in plugins.
"""

# What other packages may use of it.
__all__ = ["max_parallel_tasks", "nothing_judged", "runner", "runner_client", "runner_server"]
