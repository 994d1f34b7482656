"""Installation of avocado-pin: plug-ins, and the tests, sources and configurations as data."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
SHARED = ("configs", "kmod", "tests", "workload")
SUFFIXES = (".c", ".cfg", ".h", ".py")


def version() -> str:
    """Read the version from the package without importing it."""
    for line in (HERE / "avocado_pin" / "__init__.py").read_text().splitlines():
        if line.startswith("VERSION"):
            return line.split('"')[1]
    raise RuntimeError("no VERSION in avocado_pin/__init__.py")


def data_files() -> list[tuple[str, list[str]]]:
    """List what an installed package needs beside itself; avocado_pin/base/paths.py finds it."""
    found: dict[str, list[str]] = {}
    for name in SHARED:
        for path in sorted((HERE / name).rglob("*")):
            if path.suffix in SUFFIXES or path.name == "Makefile":
                file = path.relative_to(HERE)
                found.setdefault(f"share/avocado-pin/{file.parent}", []).append(str(file))
    return sorted(found.items())


setup(
    name="avocado-pin",
    version=version(),
    description="Avocado-VT tests of page pinning against page migration between NUMA nodes",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="GPL-2.0-only",
    python_requires=">=3.11",
    packages=find_packages(include=["avocado_pin", "avocado_pin.*"]),
    package_data={
        "avocado_pin.build": ["scripts/*"],
        "avocado_pin.guest": ["scripts/*"],
        "avocado_pin.initramfs": ["files/*"],
        "avocado_pin.trial": ["scripts/*"],
    },
    data_files=data_files(),
    install_requires=[
        "avocado-framework>=113,<114",
        "avocado-framework-plugin-vt>=113,<114",
        "aexpect>=1.8,<2",
        # The schema of events and of verdict.json; 0.20 is the first for Python 3.14.
        "msgspec>=0.20,<1",
        # Avocado-VT reads screenshots with it and warns on every command without it.
        "pillow>=10,<13",
        "psutil>=5.9,<8",
        # Avocado finds its plug-ins through pkg_resources, of which setuptools warns from 80.9 on,
        # on every command, and which 82 dropped.
        "setuptools>=65,<80.9",
    ],
    extras_require={
        "checks": [
            "codespell>=2.3,<3",
            "import-linter>=2,<3",
            "mypy>=1.11,<3",
            "pytest>=8,<10",
            "pytest-xdist>=3,<4",
            "ruff>=0.6,<1",
            "types-psutil",
        ],
        "mutants": ["mutmut>=3.8,<3.9"],
    },
    entry_points={
        "avocado.plugins.cli": [
            "pin-before-set-up = avocado_pin.plugins.before_set_up:PinBeforeSetUp",
        ],
        "avocado.plugins.cli.cmd": [
            "pin-bootstrap = avocado_pin.plugins.pin_bootstrap_command:PinBootstrap",
            "pin-judge = avocado_pin.plugins.pin_judge_command:PinJudge",
            "pin-kernel = avocado_pin.plugins.pin_kernel_command:PinKernel",
        ],
        "avocado.plugins.discoverer": ["pin = avocado_pin.plugins.resolver:PinDiscoverer"],
        "avocado.plugins.resolver": ["pin = avocado_pin.plugins.resolver:PinResolver"],
        "avocado.plugins.runnable.runner": ["avocado-pin = avocado_pin.jobs.runner:PinRunner"],
        "avocado.plugins.result_events": ["pin-job = avocado_pin.plugins.job:PinJob"],
        "console_scripts": ["avocado-runner-avocado-pin = avocado_pin.jobs.runner_client:main"],
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "License :: OSI Approved :: GNU General Public License v2 (GPLv2)",
        "Operating System :: POSIX :: Linux",
        "Topic :: Software Development :: Quality Assurance",
    ],
)
