"""A guest serves another test only if it is as after its boot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.guest import fit_for_reuse

Captured = Callable[[str], str]
NAMES = ("page_pin.ko", "pin_workload")


@pytest.fixture
def boot(captured: Captured) -> str:
    return captured("guest_state/after_boot.txt")


@pytest.fixture
def tested(captured: Captured) -> str:
    return captured("guest_state/after_test.txt")


@pytest.fixture
def copied(tested: str) -> dict[str, str]:
    """Return what had been copied into the guest, with its SHA-256."""
    lines = [line.split() for line in fit_for_reuse.sections(tested)["copied"]]
    return {path: digest for digest, path in lines if Path(path).name in NAMES}


def test_a_guest_is_fit_after_its_boot(boot: str) -> None:
    assert fit_for_reuse.differences(boot, boot) == []


def test_a_guest_is_fit_after_a_test_that_passed(
    boot: str, tested: str, copied: dict[str, str]
) -> None:
    """Though the driver has tainted the kernel, counters went on and memory is used."""
    assert "tainted:0" in boot
    assert "tainted:12288" in tested
    assert len(copied) == len(NAMES)
    assert fit_for_reuse.differences(boot, tested, copied) == []


def test_a_file_that_was_copied_before_the_first_look_is_not_missed(
    tested: str, copied: dict[str, str]
) -> None:
    """That look finds what was copied in the same second to be new; so may others or not."""
    unlisted = tested.replace("\n/tmp/pin/pin_workload\n", "\n")
    assert unlisted != tested
    assert fit_for_reuse.differences(tested, unlisted, copied) == []


def test_a_file_that_no_test_copied_is_told(boot: str, tested: str, copied: dict[str, str]) -> None:
    del copied["/tmp/pin/page_pin.ko"]
    found = fit_for_reuse.differences(boot, tested, copied)
    assert found == ["file '/tmp/pin/page_pin.ko' is new"]


def test_a_file_that_is_not_what_was_copied_is_told(
    boot: str, tested: str, copied: dict[str, str]
) -> None:
    copied["/tmp/pin/page_pin.ko"] = 64 * "0"
    found = fit_for_reuse.differences(boot, tested, copied)
    assert found == ["file /tmp/pin/page_pin.ko is not as it was copied"]


def test_all_that_is_left_behind_is_told(
    boot: str, captured: Captured, copied: dict[str, str]
) -> None:
    found = fit_for_reuse.differences(boot, captured("guest_state/dirty.txt"), copied)
    for line in (
        "process 'sleep 1000' is new",
        "mount 'none /mnt2 tmpfs rw,relatime,inode64 0 0' is new",
        "setting '/proc/sys/vm/overcommit_memory:1' is new",
        "setting '/proc/sys/vm/overcommit_memory:0' is gone",
        "setting '/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages:100'"
        " is new",
        "file '/etc/new' is new",
        "memory of node 0: 1692012 KiB free, 1900804 KiB after boot",
    ):
        assert line in found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("--- pin\n0\n", "--- pin\n3\n", "pin '3' is new"),
        ("--- swap\n", "--- swap\n/swap file 8 0 -2\n", "swap '/swap file 8 0 -2' is new"),
        ("--- module\n", "--- module\npage_pin\n", "module 'page_pin' is new"),
        ("memory3/state:online\n", "memory3/state:offline\n", "memory3/state:offline' is new"),
        ("tainted:12288\n", "tainted:12800\n", "tainted:512' is new"),
        (
            "--- log\n",
            "--- log\n[ 9.1] WARNING: CPU: 1 PID: 7 at x\n",
            "kernel log: WARNING: CPU: 1",
        ),
        ("Node 1 MemFree", "Node 9 MemFree", "memory of node 1: 0 KiB free"),
    ],
)
def test_one_thing_left_behind_is_told(
    boot: str, tested: str, copied: dict[str, str], old: str, new: str, told: str
) -> None:
    assert tested.count(old) == 1
    found = fit_for_reuse.differences(boot, tested.replace(old, new), copied)
    assert any(told in line for line in found)


def test_a_second_process_of_a_name_is_told(boot: str) -> None:
    twice = boot.replace("sh -i\n", "sh -i\nsh -i\n", 1)
    assert fit_for_reuse.differences(boot, twice) == ["process 'sh -i' is new"]


def test_the_shell_of_an_attempt_to_log_in_may_go(boot: str) -> None:
    """It was there when the state was noted: as in guests of 7.3, beside other load."""
    twice = boot.replace("sh -i\n", "sh -i\nsh -i\n", 1)
    assert fit_for_reuse.differences(twice, boot) == []
    assert fit_for_reuse.differences(twice, twice) == []
    found = fit_for_reuse.differences(boot, boot.replace("sh -i\n", ""))
    assert set(found) == {"process 'sh -i' is gone"}


def test_a_connection_that_is_being_closed_does_not_count(boot: str) -> None:
    line = "dropbear -s -j -k -r /etc/dropbear/dropbear_ed25519_host_key\n"
    assert boot.count(line) == 2  # The server, and its process for this connection.
    assert fit_for_reuse.differences(boot.replace(line, 2 * line, 1), boot) == []
    assert fit_for_reuse.differences(boot, boot.replace(line, "", 1)) == []


def test_a_guest_without_its_ssh_server_is_told(boot: str) -> None:
    line = "dropbear -s -j -k -r /etc/dropbear/dropbear_ed25519_host_key"
    gone = boot.replace(f"{line}\n", "")
    assert fit_for_reuse.differences(boot, gone) == [f"process {line!r} is gone"]


@pytest.mark.parametrize("text", ["", "sh: not found\n", "--- process\n1\n"])
def test_a_state_that_is_not_whole_is_told(boot: str, text: str) -> None:
    (found,) = fit_for_reuse.differences(boot, text)
    assert found.startswith("its state can't be read: ")


def test_a_summary_names_the_first_and_counts_the_others() -> None:
    assert fit_for_reuse.summary(["a"]) == "a"
    assert fit_for_reuse.summary(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"


def test_what_an_old_scheduler_measures_does_not_count(boot: str) -> None:
    """As linux 5.10 has it."""
    line = "/proc/sys/kernel/sched_domain/cpu0/domain0/max_newidle_lb_cost"
    was, now = (
        boot.replace("\n--- cgroup\n", f"\n{line}:{number}\n--- cgroup\n") for number in (35852, 1)
    )
    assert was != boot
    assert fit_for_reuse.differences(was, now) == []
