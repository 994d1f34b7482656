"""Avocado-VT tests of page pinning against page migration between NUMA nodes."""

VERSION = "0.1.0"
