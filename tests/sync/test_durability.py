"""28: a sync that only adds need not wait for the disk: what a power cut costs, the next pip-sync notices.

Another boot of the machine is one that the note does not name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import FOLDER, NOTE
from piptools_clone.syncing.transaction.durability import boot_id, is_sure
from piptools_clone.syncing.transaction.journal import render_signed
from tests.support.packages import make_wheel
from tests.sync.project import Project, pinned

pytestmark = pytest.mark.skipif(not boot_id(), reason="this kernel does not name its boots")

A = make_wheel("a", "1.0", files={"a/__init__.py": "ONE = 1\n", "a/sub/b.py": "TWO = 2\n"})
B = make_wheel("b", "1.0", entry_points="[console_scripts]\nb = b:main\n")
LOCK = pinned(A) + pinned(B)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.offer(A, make_wheel("a", "2.0"), B)
    made.sync(LOCK)
    return made


def restart(project: Project, *added: str) -> None:
    """Leave the note as an earlier boot would have, signed by the same user; it may name more that was added."""
    note = project.site / NOTE
    content = json.loads(note.read_text())
    content["puts"] += [["x", path] for path in added]
    content["boot"] = "an-earlier-boot"
    note.write_text(render_signed({key: value for key, value in content.items() if key != "signature"}))


def test_the_note_names_the_boot_and_nothing_minds_it(project: Project) -> None:
    assert json.loads((project.site / NOTE).read_text())["boot"] == boot_id()
    before = project.state()
    assert project.sync(LOCK).is_empty
    assert project.state() == before


def test_after_a_restart_whole_files_are_settled(project: Project) -> None:
    restart(project)
    before = project.state()
    assert project.sync(LOCK).is_empty
    note = before.pop(f"{project.site.relative_to(project.folder / 'venv')}/{NOTE}")
    assert note
    assert project.state() == before


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty module": lambda site: (site / "a/sub/b.py").write_text(""),
    "lost module": lambda site: (site / "a/__init__.py").unlink(),
    "zeros": lambda site: (site / "a/sub/b.py").write_bytes(bytes(8)),
    "empty RECORD": lambda site: (site / "b-1.0.dist-info/RECORD").write_text(""),
    "cut RECORD": lambda site: (site / "a-1.0.dist-info/RECORD").write_text("a/__init__.py,,\n"),
    "lost RECORD": lambda site: (site / "a-1.0.dist-info/RECORD").unlink(),
    "empty METADATA": lambda site: (site / "b-1.0.dist-info/METADATA").write_text(""),
    "script": lambda site: (site.parent.parent.parent / "bin" / "b").write_text(""),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_after_a_restart_damage_is_undone_and_made_good(damage: str, project: Project) -> None:
    good = project.state()
    restart(project)
    DAMAGE[damage](project.site)
    assert not project.sync(LOCK).is_empty
    assert any("The machine stopped before the last sync was on the disk" in text for text in project.hearer.said)
    assert project.state() == good


def test_a_check_after_a_restart_sees_the_damage(project: Project) -> None:
    restart(project)
    DAMAGE["zeros"](project.site)
    seen = project.sync(LOCK, dry_run=True)
    assert [change.action for change in seen.changes] == ["add", "add"]
    assert project.names() == []
    assert not (project.site / FOLDER).exists()


def test_what_is_edited_in_the_same_boot_is_left_alone(project: Project) -> None:
    DAMAGE["zeros"](project.site)
    before = project.state()
    assert project.sync(LOCK).is_empty
    assert project.state() == before


def test_a_sync_that_gives_something_up_waits_for_the_disk(project: Project) -> None:
    project.sync("a==2.0\nb==1.0\n")
    assert not (project.site / NOTE).exists()
    project.sync(LOCK)
    project.sync(LOCK, verify=True)
    assert not (project.site / NOTE).exists()


def test_a_second_addition_settles_the_first(project: Project) -> None:
    project.offer(make_wheel("c", "1.0"))
    project.sync("a==1.0\nb==1.0\nc==1.0\n")
    assert not (project.site / NOTE).exists()
    assert project.names() == ["a==1.0", "b==1.0", "c==1.0"]


def test_byte_code_is_not_recorded_so_it_waits(project: Project) -> None:
    project.sync("", allow_empty=True)
    project.sync(LOCK, compile_bytecode=True)
    assert not (project.site / NOTE).exists()


def test_only_virtual_environments_keep_a_note(project: Project, tmp_path: Path) -> None:
    for place in ({"target": str(tmp_path / "target")}, {"prefix": str(tmp_path / "prefix")}):
        project.sync(LOCK, **place)
    assert [path for name in ("target", "prefix") for path in (tmp_path / name).rglob(NOTE)] == []


def test_a_note_reaches_nothing_outside(project: Project, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("")
    restart(project, "../../../../../../precious")
    DAMAGE["zeros"](project.site)
    project.sync(LOCK)
    assert precious.exists()


def test_a_note_that_nothing_proves_has_everything_looked_at(project: Project) -> None:
    """It tells nothing of what was added, so nothing is taken back by it; what differs is named, and the note goes."""
    (project.site / NOTE).write_text("")
    DAMAGE["zeros"](project.site)
    before = project.state()
    assert project.sync(LOCK).is_empty
    assert any("not as they were installed: a (a/sub/b.py has changed)" in text for text in project.hearer.said)
    assert before.keys() - project.state().keys() == {f"{project.site.relative_to(project.folder / 'venv')}/{NOTE}"}
    project.hearer.said.clear()
    assert project.sync(LOCK).is_empty
    assert project.hearer.said == []


def test_where_boots_have_no_name_nothing_is_sure(tmp_path: Path) -> None:
    assert boot_id(str(tmp_path / "absent")) == ""
    assert is_sure(str(tmp_path), "")
    (tmp_path / NOTE).write_text('{"boot": ""}')
    assert not is_sure(str(tmp_path), "")
