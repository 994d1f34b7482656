"""Texts with names become typed values, or an error that names the one."""

from collections.abc import Collection, Mapping

from avocado_pin.base.errors import BadConfiguration


class Reader:
    """The parameters of one variant; `asked` has the names of those that are read.

    Every method raises BadConfiguration, with the parameter, its value and what is allowed.
    """

    def __init__(self, params: Mapping[str, str]):
        self._params = params
        self.asked: set[str] = set()
        self._look_at = f"configs/, variant {params.get('shortname', '?')}"

    def bad(self, name: str, got: object, allowed: str) -> BadConfiguration:
        """Return the error for a parameter that is wrong."""
        return BadConfiguration(name, got=got, expected=allowed, look_at=self._look_at)

    def text(self, name: str) -> str:
        """Return a text without blanks around it."""
        self.ask(name)
        if name not in self._params:
            raise self.bad(name, "no value", "the parameter to be set")
        return self._params[name].strip()

    def ask(self, *names: str) -> None:
        """Note that parameters are read, whether or not this variant needs them."""
        self.asked.update(names)

    def choice(self, name: str, allowed: Collection[str]) -> str:
        """Return one of several words."""
        value = self.text(name)
        if value not in allowed:
            raise self.bad(name, repr(value), f"one of {', '.join(allowed)}")
        return value

    def flag(self, name: str) -> bool:
        """Return yes or no."""
        return self.choice(name, ("yes", "no")) == "yes"

    def integer(self, name: str, least: int, most: int, unit: str) -> int:
        """Return a whole number."""
        allowed = f"a whole number from {least} to {most} ({unit})"
        return int(self._bounded(name, int, least, most, allowed))

    def number(self, name: str, least: float, most: float, unit: str) -> float:
        """Return a number."""
        allowed = f"a number of {unit} from {least:g} to {most:g}"
        return self._bounded(name, float, least, most, allowed)

    def _bounded(
        self, name: str, kind: type[int] | type[float], least: float, most: float, allowed: str
    ) -> float:
        value = self.text(name)
        try:
            number = kind(value)
        except ValueError as error:
            raise self.bad(name, repr(value), allowed) from error
        if not least <= number <= most:
            raise self.bad(name, repr(value), allowed)
        return number
