"""verdict.json as a test wrote it, and what today's rules say otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from avocado_pin.base.artifacts import VERDICT, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.judging.test_folder import Judged
from avocado_pin.judging.verdict_json_fields import SCHEMA, Told, in_words
from avocado_pin.rules.judge import Rule


@dataclass(frozen=True)
class Otherwise:
    """What today's rules say otherwise.

    :param what: a rule's or a parameter's name, or status
    :param was: what verdict.json says; None: such a rule was not applied
    :param now: what is said today; None: the rule is not applied any more
    """

    what: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        return f"{self.what}: was {self.was or 'not applied'}, is {self.now or 'not applied'}"


def read(artifacts: Artifacts) -> Told:
    """Return what is in a test's verdict.json.

    :raises EvidenceUnreadable: it is missing, of another version of the schema, or is none
    """
    text = artifacts.required(VERDICT)
    try:
        version = msgspec.json.decode(text, type=_AnyVersion).schema
        if version != SCHEMA:
            raise _unreadable(artifacts, f"schema {version!r}, of another version of avocado-pin")
        return msgspec.json.decode(text, type=Told)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _unreadable(artifacts, str(error)) from error


class _AnyVersion(msgspec.Struct):
    schema: int


def otherwise(told: Told, judged: Judged) -> Iterator[Otherwise]:
    """Yield what is otherwise than verdict.json says: the status, then each rule and parameter."""
    now = judged.verdict
    if told.status != now.status:
        yield Otherwise("status", told.status, now.status)
    before = {rule.name: rule for rule in told.rules}
    rules = {rule.name: rule for rule in now.rules}
    for name in {**before, **rules}:
        was, today = _says(before.get(name)), _says(rules.get(name))
        if was != today:
            yield Otherwise(f"rule {name!r}", was, today)
    params = msgspec.json.decode(msgspec.json.encode(in_words(judged.variant)))
    # One that there was not yet, or is no more, says nothing.
    for name in sorted(told.variant.keys() & params.keys()):
        if told.variant[name] != params[name]:
            yield Otherwise(f"parameter {name}", str(told.variant[name]), str(params[name]))


def _says(rule: Rule | None) -> str | None:
    if rule is None:
        return None
    holds = "held" if rule.passed else "broken"
    return f"{holds} (got {rule.got}, expected {rule.expected})"


def _unreadable(artifacts: Artifacts, got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        f"artifact {VERDICT}",
        got=got,
        expected=f"schema {SCHEMA} (docs/verdict.md)",
        look_at=artifacts.folder,
    )
