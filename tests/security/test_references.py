"""What the address of one project may not say: an option for a program, a folder outside, a place on this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from piptools_clone.build.build_options import BuildOptions
from piptools_clone.build.build_wheel import WheelBuilder
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.environment.targets import running_target
from piptools_clone.errors import BuildFailure, IndexFailure, InputError, MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.direct_reference import is_local, subdirectory_of, why_refused
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.policy import Policy
from piptools_clone.model.requirement import Origin
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_sdist, make_wheel, write_project
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project as Syncing

OPTIONS = [
    "git+https://h.example/r@--upload-pack=touch",
    "git+https://h.example/r.git@-x#egg=r",
    "git+ssh://git@h.example/r@%2dx",
    "git+https://h.example/r@main@-x",
    "git+file:///r@-x",
    "hg+https://h.example/r@--config=hooks.pre-checkout=touch",
    "svn+https://h.example/r@-x",
    "bzr+https://h.example/r@-x",
    "git+ssh://-oProxyCommand=touch/r",
    "git+ssh://%2doProxyCommand=touch/r",
    "git+ssh://-oProxyCommand=touch@h.example/r",
    "git+ssh://git@-oProxyCommand=touch/r",
    "hg+ssh://-oProxyCommand=touch/r",
    "svn+ssh://-oProxyCommand=touch/r",
    "bzr+ssh://-oProxyCommand=touch/r",
]
PLACES = ["https://h.example/a-1.0.tar.gz", "file:///f", "git+https://h.example/r"]
OUTSIDE = ["..", "a/../..", "%2e%2e", "%252e%252e/x", "/etc", "%2Fetc", "a/..", "..\\x", "a\\..\\..", "\\x", "C:x"]
LEADING_OUT = [
    *(f"{place}#subdirectory={text}" for place in PLACES for text in OUTSIDE),
    "https://h.example/a-1.0.tar.gz#egg=a&subdirectory=..",
    "git+https://h.example/r?x&subdirectory=..#subdirectory=a",
    "git+https://h.example/r#subdirectory=a&subdirectory=..",
]
HONEST = [
    "git+https://h.example/r@v1-rc",
    "git+https://h.example/r@feature/-x",
    "git+https://user-x:-secret@h.example/r@main",
    "git+ssh://git@h.example:2222/-/r.git@1.0",
    "git+ssh://git@my-host/r.git",
    "git+https://h.example/r#egg=r&subdirectory=src/a",
    "https://h.example/@-x/a-1.0.tar.gz",
    "https://h.example/a-1.0.tar.gz#subdirectory=python/..hidden/",
    "file:///-folder/a@-1",
]


@pytest.mark.parametrize("url", [*OPTIONS, *LEADING_OUT])
def test_an_address_is_refused_wherever_it_stands(url: str, tmp_path: Path) -> None:
    """In an input, in a lock, in metadata, and before pip sees it: by one rule."""
    assert why_refused(url)
    with pytest.raises(InputError, match="is refused: its "):
        parse_line(f"r @ {url}", Origin("r.txt", 1, "-r r.txt"), working_folder=str(tmp_path))
    with pytest.raises(MetadataError, match="is refused: its "):
        DependencyReader(running_target()).read(CoreMetadata("a", "1", (f"r @ {url}",)))
    common = {"environ": {"PATH": str(tmp_path)}, "announce": str, "python": "not-run"}
    with pytest.raises(BuildFailure, match="is refused: its "):
        PipBuilder(IndexSettings(), Policy(), **common).build(url, "r", is_vcs="+" in url)
    with pytest.raises(BuildFailure, match="is refused: its "):
        WheelBuilder(IndexSettings(), Policy(), **common).wheel(url, "r", str(tmp_path), python="", is_vcs="+" in url)


@pytest.mark.parametrize("url", HONEST)
def test_an_honest_address_is_not_refused(url: str) -> None:
    assert why_refused(url) == ""


def test_offline_no_repository_elsewhere_is_asked(tmp_path: Path) -> None:
    """Neither for metadata nor for a wheel; one on this machine is."""
    common = {"environ": {}, "announce": str, "python": "not-run", "options": BuildOptions(offline=True)}
    for url in ("git+https://h.example/r@main", "git+ssh://h.example/r"):
        with pytest.raises(IndexFailure, match="is not in the cache"):
            PipBuilder(IndexSettings(), Policy(), **common).build(url, "r", is_vcs=True)
        with pytest.raises(IndexFailure, match="is not in the cache"):
            WheelBuilder(IndexSettings(), Policy(), **common).wheel(url, "r", str(tmp_path), python="", is_vcs=True)


def test_a_subdirectory_is_read_from_the_fragment() -> None:
    assert subdirectory_of("https://h.example/a.zip#egg=a&subdirectory=x/y/") == "x/y"
    assert subdirectory_of("https://h.example/a.zip#xsubdirectory=y") == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("file:///f", True),
        ("FILE:/f", True),
        ("git+file:///f", True),
        ("hg+file:///f", True),
        ("https://h.example/file:", False),
        ("git+ssh://h.example/f", False),
    ],
)
def test_what_is_local(url: str, expected: bool) -> None:
    assert is_local(url) is expected


@pytest.mark.parametrize("command", ["compile", "sync"])
def test_both_commands_name_the_line(command: str, project: Project, tmp_path: Path) -> None:
    line = "a @ git+https://h.example/r@--upload-pack=touch"
    if command == "compile":
        run = project.want(line).compile()
        assert (run.code, run.lock) == (2, None)
        assert "requirements.in:1: " in run.err
        assert "begins with a dash" in run.err
    else:
        syncing = tmp_path / "sync"
        syncing.mkdir()
        Syncing(syncing).fails(line, InputError, "requirements.txt:1: .*begins with a dash")


def test_a_sync_refuses_a_subdirectory_that_leads_out(tmp_path: Path) -> None:
    """The folder beside the named one is not built."""
    syncing = Syncing(tmp_path)
    write_project(tmp_path / "private", "a", "1.0")
    (tmp_path / "named").mkdir()
    url = (tmp_path / "named").as_uri() + "#subdirectory=../private"
    syncing.fails(f"a @ {url}", InputError, "leads out of it")


def private(tmp_path: Path) -> Path:
    """A project of the user's, whose build leaves a mark."""
    folder = write_project(tmp_path / "private", "x", "1.0")
    backend = folder / "own_backend.py"
    backend.write_text(backend.read_text() + f"\nopen({str(tmp_path / 'built')!r}, 'w').close()\n")
    return folder


def as_repository(folder: Path) -> str:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@idx.example", "-C", str(folder)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    return f"git+{folder.as_uri()}"


@pytest.mark.parametrize("kind", ["folder", "repository", "archive"])
def test_a_package_of_an_index_names_nothing_on_this_machine(kind, project: Project, index, tmp_path) -> None:
    """Its version is passed over, and the message says which package asked for what."""
    folder = private(tmp_path)
    url = {
        "folder": folder.as_uri(),
        "repository": as_repository(folder),
        "archive": make_sdist("x", "1.0").write(tmp_path / "archives").as_uri(),
    }[kind]
    index.add(make_wheel("a", "2.0", requires=[f"x @ {url}"]))
    run = project.want("a").compile()
    assert (run.code, run.lock) == (1, None)
    assert f"a 2.0 asks for x at {url}, which only files of your own may" in run.err
    index.add(make_wheel("a", "1.0"))
    assert project.compile("--rebuild").pins == {"a": "1.0"}
    assert not (tmp_path / "built").exists()


def test_nor_does_an_extra_of_it(project: Project, index: SimpleIndex, tmp_path: Path) -> None:
    folder = private(tmp_path)
    index.add(make_wheel("a", "2.0", requires=[f"x @ {folder.as_uri()} ; extra == 'e'"], extras=["e"]))
    index.add(make_wheel("a", "1.0", extras=["e"]))
    index.add(make_wheel("b", "1.0", requires=["a[e]"]))
    assert project.want("a").compile().pins == {"a": "2.0"}
    project.lock_path.unlink()
    assert project.want("a", "b").compile().pins == {"a": "1.0", "b": "1.0"}
    assert not (tmp_path / "built").exists()


def test_nor_does_an_archive_of_another_place(project: Project, index: SimpleIndex, tmp_path: Path) -> None:
    folder = private(tmp_path)
    index.add(make_wheel("a", "2.0", requires=[f"x @ {folder.as_uri()}"]))
    run = project.want(f"a @ {index.file_url('a-2.0-py3-none-any.whl')}").compile()
    assert run.code == 1
    assert "asks for x at file:" in run.err
    assert not (tmp_path / "built").exists()


def test_what_the_user_has_may_name_what_the_user_has(project: Project, tmp_path: Path) -> None:
    """A folder that an input names, or a repository on this machine, and what these name in turn."""
    third = write_project(tmp_path / "third", "z", "1.0")
    second = write_project(tmp_path / "second", "y", "1.0", requires=[f"z @ {third.as_uri()}"])
    first = write_project(tmp_path / "first", "x", "1.0", requires=[f"y @ {as_repository(second)}"])
    run = project.want(f"x @ {first.as_uri()}").compile()
    assert run.code == 0, run.err
    assert b"z @ file:" in (run.lock or b"")


def test_a_wheel_that_the_user_names_may(project: Project, tmp_path: Path) -> None:
    third = write_project(tmp_path / "third", "z", "1.0")
    wheel = make_wheel("x", "1.0", requires=[f"z @ {third.as_uri()}"]).write(tmp_path / "wheels")
    run = project.want(f"x @ {wheel.as_uri()}").compile()
    assert run.code == 0, run.err
