"""Draws the packages by what they import: docs/packages.dot, and docs/packages.svg by Graphviz.

`make picture` runs it. A unit test compares docs/packages.dot with the imports as they are.
"""

import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "avocado_pin"
DOT = ROOT / "docs" / "packages.dot"
# Of the flow, in its order; the others serve it.
FLOW = ("variant", "guest", "trial", "judging", "evidence", "rules")


@cache
def uses() -> list[tuple[str, str]]:
    """Return each module of the packages, with each module of another package that it imports."""
    graph = grimp.build_graph(PACKAGE.name, cache_dir=None)
    found = ((one, other) for one in graph.modules for other in _imported(graph, one))
    return sorted(pair for pair in found if of_package(pair[0]) != of_package(pair[1]))


def _imported(graph: grimp.ImportGraph, module: str) -> set[str]:
    return graph.find_modules_directly_imported_by(module) - {PACKAGE.name}


def of_package(module: str) -> str:
    """Return the package that a module, or a package, is in; nothing for the outermost."""
    return module.split(".")[1] if "." in module else ""


def imports() -> Counter[tuple[str, str]]:
    """Return how many imports there are from one package to another."""
    return Counter((of_package(one), of_package(other)) for one, other in uses())


def dot(found: Counter[tuple[str, str]]) -> str:
    """Return the picture in Graphviz's language. All import base, which is not drawn."""
    lines = ["digraph packages {", "    rankdir = BT;", "    node [shape = box];"]
    names = sorted({name for pair in found for name in pair} - {"base"})
    lines += [
        f"    {name} [style = filled, fillcolor = lightblue];" if name in FLOW else f"    {name};"
        for name in names
    ]
    lines += [
        f"    {one} -> {other} [label = {count}];"
        for (one, other), count in sorted(found.items())
        if other != "base"
    ]
    return "\n".join([*lines, "}", ""])


def main() -> None:
    """Write both files."""
    DOT.write_text(dot(imports()))
    try:
        subprocess.run(["dot", "-Tsvg", DOT, "-o", DOT.with_suffix(".svg")], check=True)
    except FileNotFoundError:
        sys.exit("Graphviz: got no dot in PATH, expected it (apt-get install graphviz)")


if __name__ == "__main__":
    main()
