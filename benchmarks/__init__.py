"""Measurements of what a verdict costs, each beside what it is compared with. Not tests."""
