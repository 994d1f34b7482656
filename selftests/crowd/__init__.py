"""Many guests at once, as a host of 64 cores runs them. Slow, and not part of `make check`."""
