"""The settings that a variant wants are made, and stay so until they are put back."""

from avocado_pin.base.errors import BadConfiguration, EvidenceUnreadable
from avocado_pin.evidence.settings import MADE, NO_FILE, PUT_BACK, Setting, names, parse
from avocado_pin.rules.rule import ERROR, Rule
from avocado_pin.variant.variant import Variant

# A kernel without the file has the setting at this value.
WITHOUT = {"numa_balancing": "0"}
# Pools move between nodes with their pages.
_USED_UP = ("hugetlb_home", "hugetlb_target")


def wanted(variant: Variant) -> dict[str, str]:
    """Return each setting that a variant wants, and its value."""
    return {
        name: text.replace("{huge}", str(variant.huge_pages)) for name, text in variant.settings
    }


def made(variant: Variant, shown: str) -> list[Setting]:
    """Return the settings that were made.

    :param shown: what the commands printed that made them
    :raises BadConfiguration: the guest's kernel has another value than is wanted
    :raises EvidenceUnreadable: the commands printed something else
    """
    found = []
    for name, value in wanted(variant).items():
        setting = parse(name, shown)
        if setting:
            found.append(setting)
        if (setting.now if setting else WITHOUT.get(name)) != value:
            raise BadConfiguration(
                f"setting {name} of the guest",
                got=f"{setting.now} in {setting.path}" if setting else "nothing",
                expected=value,
                look_at=MADE,
            )
    others = [] if shown.startswith(NO_FILE) else sorted(set(names(shown)) - {*wanted(variant)})
    if others:
        raise EvidenceUnreadable(
            "settings of the guest",
            got=", ".join(others),
            expected=f"{', '.join(wanted(variant))} and no other",
            look_at=MADE,
        )
    return found


def settings_stay(settings: list[Setting], shown: str) -> Rule:
    """Each setting must be as it was made when it is put back, and then as it was before.

    :param shown: what the commands printed that put them back
    :raises EvidenceUnreadable: that is something else
    """
    wrong = [text for setting in settings for text in _wrong(setting, parse(setting.name, shown))]
    others = set(names(shown)) - {setting.name for setting in settings}
    wrong += [f"{name} put back, which was not set" for name in sorted(others)]
    got = "; ".join(wrong)
    return Rule(
        name="settings stay",
        got=got or "as they were made, and put back",
        expected="as they were made, and put back",
        passed=not wrong,
        broken_means=ERROR,
        text=f"settings of the guest, after the run: got {got}, expected them to stay as they were "
        f"set and to be put back (see {PUT_BACK})",
    )


def _wrong(made: Setting, found: Setting | None) -> list[str]:
    was, now = (found.before, found.now) if found else ("nothing", "nothing")
    wrong = []
    if was != made.now and made.name not in _USED_UP:
        wrong.append(f"{was} in {made.path}, set to {made.now}")
    if now != made.before:
        wrong.append(f"{now} in {made.path}, set back to {made.before}")
    return wrong
