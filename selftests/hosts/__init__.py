"""Other hosts: what a newcomer meets on them. Slow, and not part of `make check`."""
