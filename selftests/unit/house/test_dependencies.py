"""What the packages that are depended on must not do."""

import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement


def test_setuptools_is_one_that_does_not_warn_of_pkg_resources() -> None:
    """Avocado imports it on every command; setuptools warns of that from 80.9 on."""
    required = [Requirement(text) for text in metadata.requires("avocado-pin") or []]
    (setuptools,) = (one for one in required if one.name == "setuptools")
    assert not setuptools.specifier.contains("80.9.0")
    assert setuptools.specifier.contains(metadata.version("setuptools"))
    command = [sys.executable, "-c", "import pkg_resources"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout + done.stderr == ""
