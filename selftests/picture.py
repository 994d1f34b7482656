"""Draws the packages by what they import: docs/packages.dot, and docs/packages.svg by Graphviz.

`make picture` runs it. A unit test compares docs/packages.dot with the imports as they are.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "avocado_pin"
DOT = ROOT / "docs" / "packages.dot"
# Of the flow, in its order; the others serve it.
FLOW = ("variant", "guest", "trial", "judging", "evidence", "rules")


def uses(package: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield each import from another package: the file that has it, that package, its module."""
    for path in sorted(package.glob("*/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom):
                continue
            words = (node.module or "").split(".")
            if words[0] == "avocado_pin" and words[1:] and words[1] != path.parent.name:
                for alias in node.names:
                    yield path, words[1], words[2] if words[2:] else alias.name


def imports(package: Path) -> Counter[tuple[str, str]]:
    """Return how many imports there are from one package to another."""
    return Counter((path.parent.name, other) for path, other, _ in uses(package))


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
    DOT.write_text(dot(imports(PACKAGE)))
    try:
        subprocess.run(["dot", "-Tsvg", DOT, "-o", DOT.with_suffix(".svg")], check=True)
    except FileNotFoundError:
        sys.exit("Graphviz: got no dot in PATH, expected it (apt-get install graphviz)")


if __name__ == "__main__":
    main()
