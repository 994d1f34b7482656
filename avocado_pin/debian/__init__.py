"""debian."""
