"""The host: which programs and libraries it must have, and the packages that bring them.

It runs before anything is installed and on an older Python, so it uses the standard library alone;
what guests are made of is debian's.
"""

# What other packages may use of it.
__all__ = ["packages"]
