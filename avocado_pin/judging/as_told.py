"""verdict.json as a test wrote it, and what today's rules say otherwise."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from avocado_pin.base.artifacts import VERDICT, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.rules.judge import Verdict

# Of verdict.json and the files beside it: 2 since a test is judged by its files alone.
SCHEMA = 2
# What a rule says.
_SAYS = ("passed", "got", "expected")

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Otherwise:
    """What today's rules say otherwise.

    :param what: a rule's name, or status
    :param was: what verdict.json says; None: such a rule was not applied
    :param now: what is said today; None: the rule is not applied any more
    """

    what: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        return f"{self.what}: was {self.was or 'not applied'}, is {self.now or 'not applied'}"


@dataclass(frozen=True)
class Told:
    """What verdict.json says.

    :param rules: in their order, by name
    """

    status: str
    text: str
    rules: Mapping[str, Said]


def read(artifacts: Artifacts) -> Told:
    """Return what is in a test's verdict.json.

    :raises EvidenceUnreadable: it is missing, of another version of the schema, or is none
    """
    try:
        value = json.loads(artifacts.required(VERDICT))
        schema = value["schema"]
        if schema != SCHEMA:
            raise _unreadable(artifacts, f"schema {schema!r}, of another version of avocado-pin")
        rules = {rule["name"]: {key: rule[key] for key in _SAYS} for rule in value["rules"]}
        return Told(str(value["status"]), str(value["text"]), rules)
    except (ValueError, LookupError, TypeError) as error:
        raise _unreadable(artifacts, f"{type(error).__name__}: {error}") from error


def otherwise(told: Told, now: Verdict) -> Iterator[Otherwise]:
    """Yield what a verdict says otherwise than verdict.json: the status, then each rule."""
    if told.status != now.status:
        yield Otherwise("status", told.status, now.status)
    rules = {rule.name: asdict(rule) for rule in now.rules}
    for name in {**told.rules, **rules}:
        was, today = _says(told.rules.get(name)), _says(rules.get(name))
        if was != today:
            yield Otherwise(f"rule {name!r}", was, today)


def _says(rule: Said | None) -> str | None:
    if rule is None:
        return None
    holds = "held" if rule["passed"] is True else "broken"
    return f"{holds} (got {rule['got']}, expected {rule['expected']})"


def _unreadable(artifacts: Artifacts, got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        f"artifact {VERDICT}",
        got=got,
        expected=f"schema {SCHEMA} (docs/verdict.md)",
        look_at=artifacts.folder,
    )
