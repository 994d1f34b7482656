"""Each rule is broken by a test on a real guest: docs/rules.md says by which."""

import ast
import re
from collections.abc import Callable, Iterator

import pytest

from avocado_pin.evidence.records import Evidence
from avocado_pin.rules import not_seen
from avocado_pin.variant.variant import Variant
from selftests import picture

from ..runs import PASSED, judge

TABLE_BEGINS = "## Which test breaks each rule\n"
# Functions that make a rule, by its name: their argument of that name, or the first.
MAKE_A_RULE = ("Rule", "_rule")
# What the subject's pages are called; a rule of them is in the table once.
NOUNS = ("pinned", "mlocked", "unpinned")
# Each program that tests the driver is a rule by its own name; this one stands for all.
PROGRAM = "abi_check"


def _table() -> list[tuple[str, str]]:
    """Return each rule of the table, and its test: file and function."""
    text = (picture.ROOT / "docs" / "rules.md").read_text().split(TABLE_BEGINS)[1]
    return re.findall(r"^\| (.+) \| `(\S+::\w+)` \|$", text, re.MULTILINE)


def _patterns(source: str) -> Iterator[str]:
    """Yield the name of each rule that a module makes, as a pattern: what varies is anything."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            parts = list(ast.walk(function))
            told = {
                node.targets[0].id: node.value
                for node in parts
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
            for node in parts:
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKE_A_RULE:
                    named = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
                    name = (named or node.args)[0]
                    yield from _pattern(told.get(getattr(name, "id", ""), name))


def _pattern(name: ast.expr) -> Iterator[str]:
    """Yield the pattern of an expression; none of a variable, of which somebody else knows."""
    if isinstance(name, ast.Constant):
        yield re.escape(str(name.value))
    elif isinstance(name, ast.JoinedStr):
        yield "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
            for part in name.values
        )


PATTERNS = sorted(
    {name for path in picture.PACKAGE.glob("rules/*.py") for name in _patterns(path.read_text())}
)
TABLE = _table()
IN_TABLE = [name for name, _ in TABLE]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_rule_of_the_code_has_a_test(pattern: str) -> None:
    assert [name for name in IN_TABLE if re.fullmatch(pattern, name)]


@pytest.mark.parametrize("beginning", not_seen.AS_WAS_SEEN)
def test_a_rule_that_rests_on_what_was_seen_is_one(beginning: str) -> None:
    noun, _, rest = beginning.partition(" ")
    begins = [f"{other} {rest}" for other in NOUNS] if noun in NOUNS else [beginning]
    assert any(name.startswith(tuple(begins)) for name in IN_TABLE)


@pytest.mark.parametrize("run", PASSED)
def test_a_rule_that_was_applied_has_a_test(
    passed: Callable[[str], tuple[Variant, Evidence]], run: str
) -> None:
    for rule in judge(*passed(run)).rules:
        noun, _, rest = rule.name.partition(" ")
        names = [f"{other} {rest}" for other in NOUNS] if noun in NOUNS else [rule.name]
        assert set(names) & set(IN_TABLE), rule.name


@pytest.mark.parametrize(("name", "test"), TABLE)
def test_a_rule_of_the_table_is_one_and_its_test_asserts_it(name: str, test: str) -> None:
    assert name == PROGRAM or any(re.fullmatch(pattern, name) for pattern in PATTERNS)
    assert f'"{name}"' in _source(*test.split("::"))


def _source(file: str, function: str) -> str:
    """Return a test's source, with the cases that it is given."""
    text = (picture.ROOT / "selftests" / "functional" / file).read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            first = min(part.lineno for part in (node, *node.decorator_list))
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return ""


def test_a_name_of_which_a_part_varies_is_found() -> None:
    found = _patterns('def new(name):\n    return Rule(name=f"{name} is new", got="")\n')
    assert [pattern.replace("\\", "") for pattern in found] == [".+ is new"]
