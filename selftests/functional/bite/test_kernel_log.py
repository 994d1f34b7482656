"""A test is blamed for what the kernel logged in its time, and told what it logged before."""

import uuid
from collections.abc import Callable
from pathlib import Path

from avocado_pin.base.paths import data_folder
from avocado_pin.initramfs import contents
from avocado_pin.kernels import boot_files

from ..conftest import Job, pinned, unpinned

# The kernel warns of a socket across nodes (topology_sane() in arch/x86/kernel/smpboot.c).
WARNS_AT_BOOT = {"vt_vcpu_sockets": "1"}
WORD = "the kernel had warned before the test: WARNING: CPU: "


def test_a_guest_that_warned_while_it_booted_is_used_like_any_other(
    run_job: Callable[..., Job],
) -> None:
    """Each verdict of it says so, be the guest fresh, reused or restored."""
    own = {"kernel_args": f"pin_selftest.id={uuid.uuid4().hex}", **WARNS_AT_BOOT}
    booted = run_job(pinned(100), unpinned(100), **own)
    restored = run_job(pinned(100), **own)
    results = booted.results + restored.results
    assert [result.boot for result in results] == ["fresh", "reused", "restored"]
    for result in results:
        assert result.status == "PASS"
        assert result.reason.startswith(WORD)
        assert WORD in result.verdict["text"]
        assert result.verdict["kernel_warned_before"][0].startswith("WARNING: CPU: ")
        assert result.rule("kernel log")["passed"]
    assert f"PASS: {WORD}" in booted.output


def test_a_warning_in_the_tests_time_is_its_own_though_the_boot_warned(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    result = run_job(pinned(100), driver_source=patched_driver("warn"), **WARNS_AT_BOOT).only
    assert result.status == "FAIL"
    assert "the guest's kernel log has: WARNING: " in result.reason
    assert WORD in result.reason


def test_a_console_that_is_late_is_waited_for(run_job: Callable[..., Job], rt_kernel: None) -> None:
    """With PREEMPT_RT the kernel's lines are printed by a thread, later than they are logged."""
    many = {"kernel_args": "printk.devkmsg=on log_buf_len=16M", "kernel_flavour": "rt"}
    words = "many words that the console has to print one after the other, and more of them"
    flood = f"for n in $(seq 20000); do echo '<0>{words}' >/dev/kmsg; done"
    cell = "pin_nightly.move_pages.driver.anon.pages_100.two_nodes.normal.off.no_writer"
    result = run_job(cell, after_preflight=flood, **many).only
    assert result.status == "PASS", result.reason
    console = (result.folder / "console.txt").read_text()
    assert console.count(words) == 20000


def test_a_login_that_cant_succeed_ends_at_once_with_sshs_words(
    run_job: Callable[..., Job], tmp_path: Path
) -> None:
    """The kernel unpacks archives one after the other: the second has no key."""
    image = boot_files.load(data_folder(), "bookworm", "cloud")
    keys = tmp_path / "tree" / "root" / ".ssh"
    keys.mkdir(parents=True)
    (keys / "authorized_keys").touch()
    contents.pack(tmp_path / "tree", tmp_path / "no-key.cpio")
    both = image.initramfs.read_bytes() + (tmp_path / "no-key.cpio").read_bytes()
    (tmp_path / "initramfs.cpio").write_bytes(both)
    result = run_job(pinned(100), vt_initrd=str(tmp_path / "initramfs.cpio")).only
    assert result.status == "ERROR"
    assert "guest, boot: got no answer: ssh said: " in result.reason
    assert "Permission denied (publickey)" in result.reason
