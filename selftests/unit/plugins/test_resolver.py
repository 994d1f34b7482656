"""What becomes of references: tests, another resolver's, or an error that is told."""

import itertools
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from avocado.core import exit_codes
from avocado.core.nrunner.runnable import Runnable
from avocado.core.resolver import ReferenceResolution, ReferenceResolutionResult

from avocado_pin.plugins import job
from avocado_pin.plugins.resolver import RUNNER_KIND, PinDiscoverer, PinResolver
from avocado_pin.variant import resolve_reference

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
NOTFOUND, ERROR = ReferenceResolutionResult.NOTFOUND, ReferenceResolutionResult.ERROR


def _resolve(reference: str, **config: Any) -> ReferenceResolution:
    references = config.pop("references", [reference])
    dotted = {name.replace("__", "."): value for name, value in config.items()}
    return PinResolver({"resolver.references": references, **dotted}).resolve(reference)


def test_avocados_parameters_reach_the_test() -> None:
    given = [["pages", "10"], ["kernel_args", "a=b"]]
    (test,) = _resolve(
        CELL, run__test_parameters=given, vt__extra_params=["kernel=sid"]
    ).resolutions
    assert (test.kwargs["pages"], test.kwargs["kernel_args"], test.kwargs["kernel"]) == (
        *("10", "a=b"),
        "sid",
    )


@pytest.mark.parametrize(
    ("reference", "params", "kernels"),
    [
        ("pin_kernels..unpinned.anon.pages_100", [], None),
        (CELL, ["kernel=sid"], {"sid"}),
        (CELL, ["kernel=trixie@6.12.118-1"], {"trixie@6.12.118-1"}),
        (CELL, [], {"bookworm"}),
        ("pin_driver", [], {"bookworm"}),
    ],
)
def test_a_tag_says_which_kernel_a_test_is_of(
    reference: str, params: list[str], kernels: set[str] | None
) -> None:
    tests = _resolve(reference, vt__extra_params=params).resolutions
    assert {kernel for test in tests for kernel in test.tags["kernel"]} == (
        kernels or set(resolve_reference.debian_suites())
    )


@pytest.mark.parametrize("name", resolve_reference.set_names())
def test_a_set_of_several_kernels_has_them_in_its_names_and_together(name: str) -> None:
    """A history by name would mix them otherwise, and a guest be booted more than once."""
    tests = _resolve(name).resolutions
    kernels = [test.kwargs["kernel"] for test in tests]
    if len(set(kernels)) > 1:
        assert [test.uri.split(".")[1] for test in tests] == kernels
    runs = [kernel for kernel, _ in itertools.groupby(kernels)]
    assert len(runs) == len(set(runs))


@pytest.mark.parametrize(
    "option", [{"run__test_parameters": [["page", "1"]]}, {"vt__extra_params": ["page=1"]}]
)
def test_an_unknown_parameter_ends_without_tests(
    option: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    found = _resolve(CELL, **option)
    assert (found.result, found.resolutions) == (ERROR, [])
    assert caplog.messages == [str(found.info)]
    assert caplog.messages[0].startswith("page: got '1', expected a known parameter; near: pages")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("pin_test", "pin_test: got 'pin_test', expected one of the sets; near: pin_tests"),
        (
            "pin-smoke..thp",
            "pin-smoke..thp: got 'pin-smoke', expected one of the sets; near: pin_smoke",
        ),
        ("pin_tests..hugetbl", "near: hugetlb, hugetlb_memfd (see "),
        ("pin_smoke..pages_1", "pin_smoke..pages_1: got no test, expected parts of a name"),
        ("page=10", "page=10: got it where tests are named, expected -p page=10: each parameter"),
    ],
)
def test_a_misspelt_reference_is_told(
    reference: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert _resolve(reference).result == ERROR
    assert message in caplog.text


@pytest.mark.parametrize("reference", ["pin_test", "pin_tests..hugetbl", "pages=10"])
def test_it_ends_a_list_which_would_end_with_0(
    reference: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SystemExit) as caught:
        _resolve(reference, subcommand="list")
    assert caught.value.code == exit_codes.AVOCADO_JOB_FAIL
    assert reference in caplog.text


def test_any_parameter_beside_a_set_is_meant_for_it(caplog: pytest.LogCaptureFixture) -> None:
    assert _resolve("zzz=1").result == NOTFOUND
    assert _resolve("zzz=1", references=["zzz=1", "pin_smoke"]).result == ERROR
    assert caplog.text.count("where tests are named") == 1


@pytest.mark.parametrize("reference", ["/bin/true", "examples/passtest.py", "passtest.py", "boot"])
def test_what_is_not_ours_is_left_to_others(
    reference: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert _resolve(reference, subcommand="list").result == NOTFOUND
    assert caplog.messages == []


def test_a_file_of_nearly_a_sets_name_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pin_test.py").touch()
    assert _resolve("pin_test.py").result == NOTFOUND


def test_a_set_that_an_option_took_for_its_value_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    assert PinDiscoverer({"vt.extra_params": ["kernel=sid", "pin_smoke"]}).discover() == []
    assert "got 'pin_smoke', expected NAME=VALUE, and tests after the options" in caplog.text


@pytest.mark.parametrize("given", [None, ["kernel=sid"], ["of_others"]])
def test_no_references_and_none_of_ours_taken(
    given: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert PinDiscoverer({"vt.extra_params": given}).discover() == []
    assert caplog.messages == []


def test_a_test_of_a_recipe_gets_the_parameters_too() -> None:
    """It was not resolved here (avocado list --write-recipes-to-directory, avocado run FILE)."""
    ours, other = Runnable(RUNNER_KIND, CELL, pages="100"), Runnable("exec-test", "/bin/true")
    config = {"run.test_parameters": [["pages", "10"]], "vt.extra_params": ["kernel=sid"]}
    job._give(SimpleNamespace(tests=[ours, other], config=config))
    assert ours.kwargs == {"pages": "10", "kernel": "sid"}
    assert ours.tags == {"kernel": {"sid"}}
    assert other.kwargs == {}
