"""40: nothing that a package ships steers a sync: a journal, a note or a folder that is not ours is worth nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import FOLDER, NOTE, is_own_name
from piptools_clone.errors import EnvironmentFailure, SettingsError
from piptools_clone.syncing.transaction.durability import is_sure
from piptools_clone.syncing.transaction.journal import (
    JournalStep,
    JournalSteps,
    read_state,
    render_signed,
    write_journal,
)
from piptools_clone.syncing.transaction.signature import is_signed, sign
from piptools_clone.wheels.checked_wheel import Member, check_members
from piptools_clone.wheels.wheel_paths import WheelFault
from tests.support.packages import make_wheel
from tests.sync.project import Project, pinned

A = make_wheel("a", "1.0")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.offer(A)
    made.sync(pinned(A))
    return made


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    path = tmp_path / "precious"
    path.write_text("mine")
    return path


def steps_to(outside: Path, site: Path) -> dict[str, object]:
    """A journal that would take a file from outside of the environment, and write another there."""
    reach = os.path.relpath(outside, site / FOLDER)
    return {"version": 2, "boot": "", "takes": [[reach, "old/0"]], "puts": [["new/0", f"{reach}.put"]]}


def plant(site: Path, name: str, content: dict[str, object]) -> None:
    """What a wheel leaves that a tool without these rules has installed."""
    area = site / FOLDER
    (area / "new").mkdir(parents=True, exist_ok=True)
    (area / "new" / "0").write_text("evil")
    (area / "old").mkdir(exist_ok=True)
    (area / "old" / "0").write_text("evil")
    (area / name).write_text(json.dumps(content))


@pytest.mark.parametrize("signature", [None, "", "0" * 64, 7, "ü"])
@pytest.mark.parametrize("name", ["journal", "putting", "done"])
@pytest.mark.parametrize("facts", [{"dry_run": True}, {}], ids=["check", "sync"])
def test_a_forged_journal_is_not_followed(
    facts: dict[str, bool], name: str, signature: object, project: Project, precious: Path
) -> None:
    content = steps_to(precious, project.site)
    plant(project.site, name, content if signature is None else {**content, "signature": signature})
    said = project.fails(pinned(A), EnvironmentFailure, "is not what this user's pip-sync wrote", **facts)
    assert str(project.site / FOLDER / name) in said
    assert precious.read_text() == "mine"
    assert not precious.with_name("precious.put").exists()


@pytest.mark.parametrize("content", ["", "[]", "null", '{"signature": "x"}', "[" * 100_000, '{"takes": 1}', "\0"])
def test_what_is_no_journal_at_all_is_named(content: str, project: Project) -> None:
    (project.site / FOLDER).mkdir()
    (project.site / FOLDER / "journal").write_text(content)
    project.fails(pinned(A), EnvironmentFailure, "is not what this user's pip-sync wrote")


def test_a_forged_mark_beside_an_honest_journal_changes_nothing(project: Project) -> None:
    """A sync was killed while it took things away; then another tool installed a wheel that says all was complete."""
    area = project.site / FOLDER
    (area / "old").mkdir(parents=True)
    taken = project.site / "a.py"
    write_journal(str(area), JournalSteps((JournalStep(str(taken), str(area / "old" / "0")),), ()))
    taken.rename(area / "old" / "0")
    for forged in ("done", "putting"):
        (area / forged).write_text("{}")
    assert project.sync(pinned(A)).is_empty
    assert taken.read_text() == "VERSION = '1.0'\n"
    assert not area.exists()


STRANGE: dict[str, Callable[[Path, Path], JournalSteps]] = {
    "a take from outside": lambda area, out: JournalSteps((JournalStep(str(out), f"{area}/old/0"),), ()),
    "a put to the outside": lambda area, out: JournalSteps((), (JournalStep(f"{area}/new/0", str(out)),)),
    "a take to elsewhere": lambda area, out: JournalSteps((JournalStep(f"{area.parent}/a.py", str(out)),), ()),
    "a put from elsewhere": lambda area, out: JournalSteps((), (JournalStep(str(out), f"{area.parent}/b.py"),)),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_signed_step_stays_within_the_environment(kind: str, project: Project, precious: Path) -> None:
    """Signed as it is: the folder may be one that was carried over from another environment."""
    area = project.site / FOLDER
    (area / "new").mkdir(parents=True)
    (area / "new" / "0").write_text("evil")
    write_journal(str(area), STRANGE[kind](area, precious))
    project.fails(pinned(A), EnvironmentFailure, "which is not in this environment")
    assert precious.read_text() == "mine"


def test_a_step_does_not_leave_through_a_link(project: Project, precious: Path) -> None:
    (project.site / "way").symlink_to(precious.parent)
    area = project.site / FOLDER
    area.mkdir()
    write_journal(
        str(area), JournalSteps((JournalStep(str(project.site / "way" / "precious"), str(area / "old" / "0")),), ())
    )
    project.fails(pinned(A), EnvironmentFailure, "which is not in this environment")
    assert precious.exists()


def test_a_forged_note_takes_nothing_back(project: Project) -> None:
    (project.site / "mine.py").write_text("precious")
    (project.site / "a.py").write_text("changed")
    puts = [["x", "../mine.py"], ["x", "../a.py"], ["x", "../a-1.0.dist-info"]]
    (project.site / NOTE).write_text(json.dumps({"version": 2, "boot": "another", "takes": [], "puts": puts}))
    before = project.state()
    assert project.sync(pinned(A), dry_run=True).is_empty
    gone = before.keys() - project.state().keys()
    assert {Path(path).name for path in gone} == {NOTE}
    assert any("a (a.py has changed); pip-sync --verify repairs" in text for text in project.hearer.said)


LINKS = {
    "the folder": lambda area, target: area.symlink_to(target),
    "the lock": lambda area, target: (area.mkdir(), (area / "lock").symlink_to(target / "file")),
    "the journal": lambda area, target: (area.mkdir(), (area / "journal").symlink_to(target / "journal")),
    "a file as the folder": lambda area, target: area.write_text("x"),
    "a folder as the lock": lambda area, target: (area / "lock").mkdir(parents=True),
    "a folder as the journal": lambda area, target: (area / "journal").mkdir(parents=True),
}


@pytest.mark.parametrize("kind", LINKS)
def test_links_in_the_place_of_ours_are_refused(kind: str, project: Project, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "file").write_text("mine")
    (target / "journal").write_text(render_signed({"version": 2, "boot": "", "takes": [], "puts": []}))
    LINKS[kind](project.site / FOLDER, target)
    project.fails(pinned(A), EnvironmentFailure, r"is not what")
    assert (target / "file").read_text() == "mine"
    assert sorted(path.name for path in target.iterdir()) == ["file", "journal"]


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_note_that_is_no_file_is_named(kind: str, project: Project, precious: Path) -> None:
    note = project.site / NOTE
    note.unlink(missing_ok=True)
    note.symlink_to(precious) if kind == "link" else note.mkdir()
    project.fails(pinned(A), EnvironmentFailure, "is not what a pip-sync leaves there")
    assert precious.read_text() == "mine"


SPELLINGS = [
    ".piptools-clone",
    ".PipTools-Clone",
    ".piptools-clone-unflushed",
    "x.piptools-clone-part",
    ".piptools-clone.",
    ".piptools-clone ",
    ".piptoolſ-clone",
    "\uff0epiptools-clone",
    ".pip\u200ctools-clone",
    ".piptools-clo\ufeffne",
    "PIPTOO~1",
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_our_names_is_ours(name: str) -> None:
    assert is_own_name(name)


@pytest.mark.parametrize(
    "name", ["piptools", "piptools_clone", "piptools_clone-0.1.0.dist-info", "clone", "pip~1", "é"]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_own_name(name)


PLACES = ["{}/journal", "{}", "pkg/{}/new/0", "b-1.0.data/purelib/{}/x", "b-1.0.data/data/lib/{}/x"]


@pytest.mark.parametrize("relaxed", [False, True], ids=["strict", "relaxed"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", SPELLINGS)
def test_no_wheel_brings_them(name: str, place: str, *, relaxed: bool) -> None:
    paths = [f"b-1.0.dist-info/{each}" for each in ("METADATA", "WHEEL", "RECORD")]
    members = [Member(path, 0, False) for path in [*paths, place.format(name)]]
    with pytest.raises(WheelFault, match="is kept for pip-sync itself"):
        check_members("b-1.0-py3-none-any.whl", members, relaxed=relaxed)


def test_such_a_wheel_changes_nothing(project: Project) -> None:
    wheel = make_wheel("b", "1.0", files={f"{FOLDER}/journal": "{}"})
    project.offer(wheel)
    project.fails(pinned(A) + pinned(wheel), WheelFault, "is kept for pip-sync itself")


def test_the_key_is_private_and_the_same_for_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    code = "from piptools_clone.syncing.transaction.signature import sign; print(sign(b'x'))"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0].strip() for process in running} | {sign(b"x")}) == 1
    [key] = (tmp_path / "piptools-clone").iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["a named pipe", "a folder"])
def test_a_key_that_is_no_file_is_not_waited_for(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A neighbour may make the folder among the temporary files first, with anything in it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    signature = sign(b"x")
    [key] = (tmp_path / "piptools-clone").iterdir()
    key.unlink()
    os.mkfifo(key, 0o600) if kind == "a named pipe" else key.mkdir(0o700)
    assert not is_signed(b"x", signature)


def test_nothing_of_a_journal_is_parsed_before_it_is_believed(tmp_path: Path) -> None:
    """To parse this takes many times its size of memory."""
    forged = '{"signature": "' + "0" * 64 + '", "version": 2, "puts": [' + "[]," * 1_000_000 + "[]]}"
    (tmp_path / "journal").write_text(forged)
    tracemalloc.start()
    with pytest.raises(EnvironmentFailure, match="is not what this user's pip-sync wrote"):
        read_state(str(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(forged)


@pytest.mark.parametrize("facts", [{"dry_run": True}, {}], ids=["check", "sync"])
@pytest.mark.parametrize("name", [NOTE, f"{FOLDER}/lock", f"{FOLDER}/journal"])
def test_a_named_pipe_in_the_place_of_ours_is_not_waited_at(
    name: str, facts: dict[str, bool], project: Project
) -> None:
    path = project.site / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(EnvironmentFailure, match=r"is not what"):
        project.sync(pinned(A), **facts)
    assert path.is_fifo()


def test_of_a_note_only_the_beginning_tells_its_boot(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text(render_signed({"version": 2, "boot": "this", "takes": [], "puts": []}))
    assert is_sure(str(tmp_path), "this")
    assert not is_sure(str(tmp_path), "that")
    (tmp_path / NOTE).write_text(" " * (64 << 20) + '"boot": "this"')
    assert not is_sure(str(tmp_path), "this")


BAD_KEYS: dict[str, Callable[[Path], object]] = {
    "readable by others": lambda key: key.chmod(0o644),
    "short": lambda key: key.write_bytes(b"x"),
    "long": lambda key: key.write_bytes(b"x" * 33),
    "a link": lambda key: key.rename(key.with_name("other")) and key.symlink_to("other"),
}


@pytest.mark.parametrize("kind", BAD_KEYS)
def test_a_key_that_others_may_know_proves_nothing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    signature = sign(b"x")
    [key] = (tmp_path / "piptools-clone").iterdir()
    BAD_KEYS[kind](key)
    assert not is_signed(b"x", signature)


def test_without_a_home_the_key_is_kept_among_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    assert is_signed(b"x", sign(b"x"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(SettingsError, match="No private folder can be made") as caught:
        sign(b"x")
    assert "XDG_STATE_HOME" in caught.value.hint


def test_a_signature_is_for_its_content_alone(tmp_path: Path) -> None:
    text = render_signed({"version": 2, "boot": "", "takes": [], "puts": []})
    (tmp_path / "done").write_text(text.replace('"boot": ""', '"boot": "x"'))
    with pytest.raises(EnvironmentFailure, match="is not what this user's pip-sync wrote"):
        read_state(str(tmp_path))
