"""Settings of the guest's kernel: the command that makes one, and what it showed in real guests."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.evidence import settings
from avocado_pin.evidence.settings import PUT_BACK, Setting
from avocado_pin.guest.guest import Guest
from avocado_pin.rules import settings_stay
from avocado_pin.rules.judge import ERROR, Rule
from avocado_pin.trial import kernel_settings
from avocado_pin.trial.kernel_settings import PLACES, Settings
from avocado_pin.variant import resolve_reference
from avocado_pin.variant.read_and_check_params import from_params
from avocado_pin.variant.variant import Variant

from ..runs import PASSED, PINNED, Captured, VariantOf

SCAN_DELAY = "/sys/kernel/debug/sched/numa_balancing/scan_delay_ms"
SCAN_DELAY_OLD = "/proc/sys/kernel/numa_balancing_scan_delay_ms"
THP = "/sys/kernel/mm/transparent_hugepage"
# The captured settings, and the cells in which they were made.
CELLS = {
    "fast": PASSED["pinned_100"],
    "thp": PASSED["thp"],
    "off": PASSED["move_pages"],
    "hugetlb": PASSED["hugetlb"],
    "demotion": PASSED["demotion"],
}


@pytest.fixture
def variant(variant_of: VariantOf) -> Variant:
    return variant_of(PINNED)


# what was shown


@pytest.mark.parametrize(
    ("name", "setting", "path", "before", "now"),
    [
        ("fast", "scan_delay_ms", SCAN_DELAY, "1000", "100"),
        ("thp", "thp", f"{THP}/enabled", "always", "madvise"),
        ("thp", "thp_defrag", f"{THP}/defrag", "madvise", "madvise"),
        ("off", "numa_balancing", "/proc/sys/kernel/numa_balancing", "1", "0"),
        (
            *("hugetlb", "hugetlb_home"),
            "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages",
            *("0", "4"),
        ),
        (
            *("hugetlb", "hugetlb_target"),
            "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages",
            *("0", "4"),
        ),
        (
            *("demotion", "demotion_enabled"),
            *("/sys/kernel/mm/numa/demotion_enabled", "0", "1"),
        ),
    ],
)
def test_a_setting_was_one_value_and_is_another(
    captured: Captured, name: str, setting: str, path: str, before: str, now: str
) -> None:
    shown = captured(f"settings/{name}.txt")
    assert settings.parse(setting, shown) == Setting(setting, path, before, now)


@pytest.mark.parametrize("name", CELLS)
def test_every_setting_of_a_variant_was_made_in_a_guest(
    captured: Captured, variant_of: VariantOf, name: str
) -> None:
    variant = variant_of(*CELLS[name])
    shown = captured(f"settings/{name}.txt")
    for setting, value in variant.settings:
        found = settings.parse(setting, shown)
        assert found
        assert found.now == value.format(huge=variant.huge_pages)


@pytest.mark.parametrize("shown", ["", "\n", "scan_delay 1 was 2 is 3", "cat: can't open it"])
def test_what_does_not_show_a_setting_shows_none(shown: str) -> None:
    assert settings.parse("scan_delay_ms", shown) is None


def test_a_setting_is_not_taken_for_one_with_a_longer_name(captured: Captured) -> None:
    shown = captured("settings/thp.txt")
    only = "\n".join(line for line in shown.splitlines() if not line.startswith("thp "))
    assert settings.parse("thp_defrag", only)
    assert settings.parse("thp", only) is None


# the command


def test_an_unknown_setting_is_refused(variant: Variant) -> None:
    with pytest.raises(BadConfiguration) as caught:
        kernel_settings.command("swappiness", "1", variant)
    assert str(caught.value) == (
        f"settings_*: got 'swappiness', expected one of {', '.join(PLACES)} "
        f"(see configs/, variant {PINNED})"
    )


def test_a_setting_is_looked_for_in_each_of_its_places(variant: Variant) -> None:
    command = kernel_settings.command("scan_delay_ms", "100", variant)
    assert re.findall(r"-e (\S+)", command) == [SCAN_DELAY, SCAN_DELAY_OLD]


@pytest.mark.parametrize(("name", "node"), [("hugetlb_home", 1), ("hugetlb_target", 0)])
def test_huge_pages_are_those_of_the_variants_nodes(
    variant_of: VariantOf, name: str, node: int
) -> None:
    cell = "pin_nightly.move_pages.driver.anon.pages_100.cpuless.normal.off.no_writer"
    command = kernel_settings.command(name, "4", variant_of(cell))
    assert f"/node{node}/hugepages/" in command


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of setting scan_delay_ms: the second of its places."""
    path = tmp_path / "scan_delay_ms"
    path.write_text("1000\n")
    monkeypatch.setitem(PLACES, "scan_delay_ms", (str(tmp_path / "not_there"), str(path)))
    return path


Shown = Callable[[str], Setting | None]


@pytest.fixture
def run(variant: Variant) -> Shown:
    """Run the command in a shell of the host's, and return what it showed."""

    def of(value: str) -> Setting | None:
        command = kernel_settings.command("scan_delay_ms", value, variant)
        shown = subprocess.run(
            ["sh", "-c", command], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        return settings.parse("scan_delay_ms", shown)

    return of


def test_the_command_makes_the_setting_where_its_file_is(place: Path, run: Shown) -> None:
    assert run("100") == Setting("scan_delay_ms", str(place), "1000", "100")
    assert place.read_text() == "100\n"


def test_without_its_file_there_is_no_setting(place: Path, run: Shown) -> None:
    place.unlink()
    assert run("100") is None


# put back


@pytest.fixture
def files(variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Return the file of each setting of the variant, and of the pools of huge pages."""
    names = [name for name, _ in variant.settings]
    found = {name: tmp_path / name for name in [*names, "hugetlb_home", "hugetlb_target"]}
    for name, path in found.items():
        path.write_text("1000\n")
        monkeypatch.setitem(PLACES, name, (str(path),))
    return found


class Shell:
    """A shell of the host's, where the guest's would be."""

    def run(self, command: str) -> str:
        return subprocess.run(
            ["sh", "-c", command], check=True, stdout=subprocess.PIPE, text=True
        ).stdout


def _made(variant: Variant, folder: Path) -> Settings:
    made = Settings(cast(Guest, Shell()), variant, Artifacts(folder))
    made.apply()
    return made


def _values(files: dict[str, Path]) -> set[str]:
    return {path.read_text() for path in files.values()}


def test_every_setting_is_put_back(
    variant: Variant, files: dict[str, Path], tmp_path: Path
) -> None:
    made = _made(variant, tmp_path)
    for name, value in variant.settings:
        assert files[name].read_text() == f"{value}\n"
    made.restore()
    assert _stay(variant, tmp_path).passed
    assert _values(files) == {"1000\n"}
    made.restore()


def _stay(variant: Variant, folder: Path) -> Rule:
    """Judge by the files."""
    artifacts = Artifacts(folder)
    made = settings_stay.made(variant, artifacts.required("settings.txt"))
    return settings_stay.settings_stay(made, artifacts.required(PUT_BACK))


def test_settings_that_were_undone_meanwhile_are_an_error_and_are_put_back(
    variant: Variant, files: dict[str, Path], tmp_path: Path
) -> None:
    made = _made(variant, tmp_path)
    undone = ["scan_delay_ms", "scan_period_max_ms"]
    for name in undone:
        files[name].write_text("77\n")
    made.restore()
    rule = _stay(variant, tmp_path)
    values = dict(variant.settings)
    got = "; ".join(f"77 in {files[name]}, set to {values[name]}" for name in undone)
    assert (rule.passed, rule.broken_means, rule.got) == (False, ERROR, got)
    assert rule.text == (
        f"settings of the guest, after the run: got {got}, expected them to stay as they were set "
        "and to be put back (see settings_after.txt)"
    )
    assert _values(files) == {"1000\n"}


def test_a_setting_that_can_not_be_put_back_is_an_error_and_the_others_are_put_back(
    variant: Variant, files: dict[str, Path], tmp_path: Path
) -> None:
    made = _made(variant, tmp_path)
    refusing = files.pop("scan_period_min_ms")
    refusing.unlink()
    refusing.mkdir()
    made.restore()
    assert f" in {refusing}, set back to 1000" in _stay(variant, tmp_path).got
    assert _values(files) == {"1000\n"}


def test_a_pool_of_huge_pages_may_be_used_up(
    variant_of: VariantOf, files: dict[str, Path], tmp_path: Path
) -> None:
    variant = variant_of(*PASSED["hugetlb"], "settings_balancing=")
    made = _made(variant, tmp_path)
    assert [name for name, _ in variant.settings] == ["hugetlb_home", "hugetlb_target"]
    files["hugetlb_home"].write_text("2\n")
    made.restore()
    assert _stay(variant, tmp_path).passed
    assert _values(files) == {"1000\n"}


# every setting of every cell


@pytest.mark.parametrize("name", ["pin_tests", "pin_nightly", "pin_smoke"])
def test_every_setting_of_every_cell_has_a_place(name: str) -> None:
    for cell in resolve_reference.cells(name):
        found = from_params(cell)
        for setting, value in found.settings:
            text = value.format(huge=found.huge_pages)
            assert kernel_settings.command(setting, text, found)
