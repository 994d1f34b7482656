"""What is between Avocado's job and its tests.

Runners, how many guests at once, which guest serves which test, what no test judged. What Avocado
loads is in plugins.
"""

# What other packages may use of it.
__all__ = ["judged", "parallel", "runner", "runner_client", "runner_server"]
