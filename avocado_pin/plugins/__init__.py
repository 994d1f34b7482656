"""Avocado plug-ins: the test references, the runner, the set-up command and cleaning up."""
