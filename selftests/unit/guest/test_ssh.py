import subprocess
from pathlib import Path

import pytest

from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.guest import ssh


def test_the_key_is_made_once(tmp_path: Path) -> None:
    first = ssh.make_key(tmp_path / "key").read_text()
    assert ssh.make_key(tmp_path / "key").read_text() == first
    assert first.startswith("ssh-ed25519 ")


def test_the_key_is_its_owners_only(tmp_path: Path) -> None:
    ssh.make_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "key" / "id_ed25519").stat().st_mode & 0o777 == 0o600


def test_a_key_without_its_public_half_is_made_anew(tmp_path: Path) -> None:
    public = ssh.make_key(tmp_path)
    first = public.read_text()
    public.unlink()
    assert ssh.make_key(tmp_path).read_text() != first


def test_ssh_takes_the_key_though_aexpect_asks_for_a_password(tmp_path: Path) -> None:
    ssh.make_key(tmp_path)
    program = ssh.make_wrappers(tmp_path) / "ssh"
    # -G prints the options ssh would use; these are the ones aexpect gives.
    shown = subprocess.check_output(
        [program, "-o", "PreferredAuthentications=password", "-p", "22", "-G", "root@127.0.0.1"],
        text=True,
    )
    options = dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)
    assert options["preferredauthentications"] == "publickey"
    assert options["identityfile"] == str(tmp_path / "id_ed25519")
    assert options["identitiesonly"] == "yes"
    assert options["batchmode"] == "yes"
    assert options["proxycommand"].endswith("socat - TCP:%h:%p,nodelay")


@pytest.mark.parametrize(
    ("folder", "is_shared"), [("/tmp/job/guest-1", True), ("/tmp" * 25, False)]
)
def test_a_guests_connection_is_shared_where_ssh_takes_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, is_shared: bool
) -> None:
    monkeypatch.setenv(ssh.CONTROL, "")
    ssh.share_connection(Path(folder))
    ssh.make_key(tmp_path)
    program = ssh.make_wrappers(tmp_path) / "ssh"
    shown = subprocess.check_output([program, "-G", "root@127.0.0.1"], text=True).splitlines()
    assert ("controlmaster auto" in shown) is is_shared
    assert (f"controlpath {folder}/ssh" in shown) is is_shared


def test_scp_goes_through_the_ssh_wrapper(tmp_path: Path) -> None:
    folder = ssh.make_wrappers(tmp_path)
    (folder / "ssh").write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/called\nexit 1\n')
    (tmp_path / "file").touch()
    subprocess.run(
        [folder / "scp", "-P", "2222", tmp_path / "file", "root@127.0.0.1:/tmp/"],
        check=False,
        stderr=subprocess.DEVNULL,
    )
    assert "2222" in (tmp_path / "called").read_text()


def test_the_wrappers_do_not_call_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ssh.make_wrappers(tmp_path)
    before = (folder / "ssh").read_text()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    ssh.make_wrappers(tmp_path)
    assert (folder / "ssh").read_text() == before
    assert f"exec {folder}" not in before


def test_a_host_without_ssh_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(DeploymentFailed, match=r"no ssh or scp or socat.*openssh-client socat"):
        ssh.make_wrappers(tmp_path)
