"""What the host must have.

Programs and libraries by the packages that bring them, and whether it is a host that can. It runs
before anything is installed and on an older Python, so it uses the standard library alone; guests'
packages are debian's.
"""

# What other packages may use of it.
__all__ = ["packages"]
