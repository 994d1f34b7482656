"""Draws the packages by what they import: docs/packages.dot, and docs/packages.svg by Graphviz.

`make picture` runs it. A unit test compares docs/packages.dot with the imports as they are.
"""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "avocado_pin"
DOT = ROOT / "docs" / "packages.dot"
# Of the flow, in its order; the others serve it.
FLOW = ("variant", "guest", "trial", "evidence", "rules")


def imports(package: Path) -> Counter[tuple[str, str]]:
    """Return how many imports there are from one package to another."""
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted(package.glob("*/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("avocado_pin."):
                other = str(node.module).split(".")[1]
                if other != path.parent.name:
                    found[path.parent.name, other] += len(node.names)
    return found


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
