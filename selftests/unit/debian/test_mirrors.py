from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import DataFolder
from avocado_pin.debian import mirrors
from avocado_pin.debian.mirrors import Mirrors

Captured = Callable[[str], str]
HOST = Mirrors("http://mirror.example/debian", "http://mirror.example/debian-security")
OTHER = Mirrors("http://other.example/debian", "http://other.example/security")


@pytest.fixture
def host(captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with sources of Debian's."""
    monkeypatch.setattr(mirrors, "run", lambda *_, **__: captured("apt/indextargets.txt"))


@pytest.fixture
def other_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A host with none, and nothing else that knows any."""
    monkeypatch.setattr(mirrors, "run", lambda *_, **__: "")
    monkeypatch.setattr(mirrors, "_TEMPLATE", tmp_path / "none")


def test_the_hosts_own_mirrors(captured: Captured) -> None:
    assert mirrors.of_sources(captured("apt/indextargets.txt")) == HOST


@pytest.mark.parametrize(
    ("suite", "uri"),
    [
        ("bookworm", HOST.main),
        ("sid", HOST.main),
        ("bookworm-updates", HOST.main),
        ("bullseye-security", HOST.security),
    ],
)
def test_each_suite_is_in_one_of_them(suite: str, uri: str) -> None:
    assert HOST.of(suite) == uri


def test_the_lines_for_suites() -> None:
    assert HOST.sources(["sid", "trixie-security"], Path("/k")) == [
        f"deb [signed-by=/k] {HOST.main} sid main",
        f"deb [signed-by=/k] {HOST.security} trixie-security main",
    ]


@pytest.mark.parametrize(("wrong", "right"), [("|Debian", "|Somebody"), ("|main|", "|contrib|")])
def test_a_source_of_another_origin_or_component_is_no_mirror(
    captured: Captured, wrong: str, right: str
) -> None:
    assert mirrors.of_sources(captured("apt/indextargets.txt").replace(wrong, right)) is None


def test_the_first_mirror_is_taken(captured: Captured) -> None:
    text = captured("apt/indextargets.txt")
    assert mirrors.of_sources(text + text.replace("mirror.example", "other.example")) == HOST


def test_security_updates_are_beside_a_main_archive_that_comes_alone(captured: Captured) -> None:
    lines = captured("apt/indextargets.txt").splitlines()
    alone = "\n".join(line for line in lines if "-security" not in line)
    assert mirrors.of_sources(alone) == HOST


# What apt says on a host without any source.
UNREADABLE = (
    "W: Unable to read /etc/apt/sources.list.d/ - DirectoryExists (2: No such file or directory)"
)


@pytest.mark.parametrize("said", ["", UNREADABLE])
def test_no_sources_have_no_mirrors(said: str) -> None:
    assert mirrors.of_sources(said) is None


def test_what_apt_says_beside_its_sources_is_passed_over(captured: Captured) -> None:
    assert mirrors.of_sources(f"{UNREADABLE}\n{captured('apt/indextargets.txt')}") == HOST


def test_the_template_of_python_apt() -> None:
    """As python-apt-common has it, its hosts replaced."""
    text = (
        "Suite: sid\nBaseURI: http://mirror.example/debian/\nDescription: Debian Unstable 'Sid'\n\n"
        "Suite: trixie/updates\nBaseURI: http://mirror.example/debian-security/\n"
    )
    assert mirrors.of_template(text) == HOST


@pytest.mark.parametrize("text", ["http://other.example/debian", "http://other.example/debian/"])
def test_a_named_mirror(text: str) -> None:
    found = mirrors.named(text)
    assert found == Mirrors("http://other.example/debian", "http://other.example/debian-security")


def test_a_named_mirror_with_its_security_updates_elsewhere() -> None:
    assert mirrors.named(f"{OTHER.main},{OTHER.security}") == OTHER


@pytest.mark.parametrize(
    "text",
    [
        "mirror+file:/etc/apt/mirrors/debian.list",
        "mirror+https://a.mirror/debian.list",
        "tor+http://a.mirror/debian",
        "file:///srv/debian",
        "copy:/srv/debian",
    ],
)
def test_a_mirror_of_any_method_of_apts(text: str) -> None:
    assert mirrors.named(f"{text},{OTHER.security}") == Mirrors(text, OTHER.security)


def test_what_the_host_knows_can_be_named(captured: Captured) -> None:
    """As Debian's cloud images have it, and as make hosts and make nested hand it on."""
    text = captured("apt/indextargets.txt")
    for name in ("debian-security", "debian"):
        text = text.replace(
            f"http://mirror.example/{name}/", f"mirror+file:/etc/apt/mirrors/{name}.list/"
        )
    found = mirrors.of_sources(text)
    assert found
    assert found.main == "mirror+file:/etc/apt/mirrors/debian.list"
    assert mirrors.named(f"{found.main},{found.security}") == found
    # The security updates' own list is found beside one that is named alone.
    assert mirrors.named(found.main) == found


@pytest.mark.parametrize(
    "text",
    [
        *("other.example", "http://a,http://b,http://c", "http://a b", ","),
        *("mirror+file:", "/srv/debian", "cdrom://[Debian]/", "[trusted=yes] http://a"),
    ],
)
def test_what_is_no_mirror_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration, match=r"--mirror: got .*expected URI"):
        mirrors.named(text)


@pytest.mark.usefixtures("host")
def test_the_users_mirror_goes_before_the_hosts(tmp_path: Path) -> None:
    assert mirrors.find(DataFolder(tmp_path)) == HOST
    mirrors.remember(DataFolder(tmp_path), OTHER)
    assert mirrors.find(DataFolder(tmp_path)) == OTHER


@pytest.mark.usefixtures("other_host")
def test_without_any_the_parameter_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"--mirror URI, or make run MIRROR=URI"):
        mirrors.find(DataFolder(tmp_path))


def test_a_broken_memory_is_told(tmp_path: Path) -> None:
    (tmp_path / "mirrors.json").write_text('{"main": 1')
    with pytest.raises(BadConfiguration, match=r"mirrors in .*see rm "):
        mirrors.find(DataFolder(tmp_path))


def test_a_warning_of_apt_is_no_source() -> None:
    said = "W: Unable to read /etc/apt/sources.list.d/ - DirectoryExists (2: No such file)"
    assert mirrors.of_sources(said) is None
    source = "http://a.mirror/debian/|bookworm|main|Debian"
    assert mirrors.of_sources(f"{said}\n{source}") == mirrors.named("http://a.mirror/debian")


def test_a_disc_is_no_mirror() -> None:
    disc = "cdrom://[Debian GNU/Linux 12]/|bookworm|main|Debian"
    other = f"{HOST.main}|bookworm|main|Debian"
    assert mirrors.of_sources(disc) is None
    found = mirrors.of_sources(f"{disc}\n{other}")
    assert found and found.main == HOST.main


def test_a_mirror_without_a_host_is_refused() -> None:
    with pytest.raises(BadConfiguration):
        mirrors.named("http://")
