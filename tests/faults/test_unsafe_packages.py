"""49: a lock that compile writes by default is one that sync accepts: what is left out as unsafe is not demanded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from piptools_clone.errors import InputError
from piptools_clone.formats.locks.requirements_txt import names_left_out
from tests.support.packages import make_wheel
from tests.support.project import Project as CompileProject
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project, pinned

EVENT = make_wheel("zope-event", "4.6", requires=["setuptools>=2"])
OLD, NEW, NEWEST = (make_wheel("setuptools", version) for version in ("1.0", "2.0", "3.0"))

BLOCK = "# The following packages are considered to be unsafe in a requirements file:\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.offer(EVENT, OLD, NEW, NEWEST)
    return made


def said(project: Project, words: str) -> bool:
    return any(words in text for text in project.hearer.said)


def test_without_hashes_the_newest_that_fits_is_installed_and_said(project: Project) -> None:
    project.sync("zope-event==4.6\n")
    assert project.names() == ["setuptools==3.0", "zope-event==4.6"]
    assert said(project, "setuptools 3.0 was installed as well: it is needed by zope-event; the lock leaves it out")
    assert project.sync("zope-event==4.6\n").is_empty


def test_what_is_there_and_fits_stays(project: Project) -> None:
    project.sync("setuptools==2.0\n")
    project.sync("zope-event==4.6\n")
    assert project.names() == ["setuptools==2.0", "zope-event==4.6"]
    assert project.sync("zope-event==4.6\n").is_empty


def test_what_is_there_and_does_not_fit_is_replaced(project: Project) -> None:
    project.sync("setuptools==1.0\n")
    project.sync("zope-event==4.6\n")
    assert project.names() == ["setuptools==3.0", "zope-event==4.6"]


def test_it_goes_when_nothing_needs_it_any_more(project: Project) -> None:
    """Python 3.11 and older keep it all the same: their environments come with it."""
    project.offer(make_wheel("other", "1.0"))
    project.sync("zope-event==4.6\n")
    project.sync("other==1.0\n")
    kept = ["setuptools==3.0"] if sys.version_info < (3, 12) else []
    assert project.names() == ["other==1.0", *kept]


def test_with_hashes_it_is_left_out_with_one_warning(project: Project) -> None:
    project.sync(pinned(EVENT))
    assert project.names() == ["zope-event==4.6"]
    warnings = [text for text in project.hearer.said if "setuptools" in text]
    assert len(warnings) == 1
    assert "setuptools is not installed: it is needed by zope-event" in warnings[0]
    assert "--allow-unsafe" in warnings[0]
    assert project.sync(pinned(EVENT)).is_empty


def test_with_hashes_what_is_there_stays(project: Project) -> None:
    project.sync("setuptools==2.0\n")
    project.sync(pinned(EVENT))
    assert project.names() == ["setuptools==2.0", "zope-event==4.6"]
    assert project.sync(pinned(EVENT)).is_empty


def test_a_lock_that_pins_it_is_followed(project: Project) -> None:
    project.sync(pinned(EVENT) + pinned(NEW))
    assert project.names() == ["setuptools==2.0", "zope-event==4.6"]


def test_everything_else_is_still_demanded(project: Project) -> None:
    project.offer(make_wheel("wants", "1.0", requires=["missing", "setuptools"]))
    project.fails("wants==1.0\n", InputError, r"it lacks missing \(needed by wants\)\.")


def test_the_names_that_a_lock_lists_as_left_out_count_too(project: Project) -> None:
    project.offer(make_wheel("wants", "1.0", requires=["odd-tool"]), make_wheel("odd-tool", "5.0"))
    lock = f"wants==1.0\n\n{BLOCK}# odd-tool\n"
    project.sync(lock)
    assert project.names() == ["odd-tool==5.0", "wants==1.0"]
    assert project.sync(lock).is_empty


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a==1\n", set()),
        (
            "# The following packages are considered to be unsafe in a requirements file:\n# pip\n# A_b\n",
            {"pip", "a-b"},
        ),
        ("# The following packages are considered to be unsafe in a requirements file:\npip==1\n", set()),
        ("# pip\n", set()),
    ],
)
def test_names_left_out(text: str, names: set[str]) -> None:
    assert names_left_out(text) == names


@pytest.mark.parametrize("options", [(), ("--generate-hashes",)], ids=["bare", "hashes"])
def test_compile_and_sync_agree(
    options: tuple[str, ...], project: Project, index: SimpleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a compile announce, each time, what it does not write."""
    index.add(EVENT)
    index.add(NEWEST)
    (project.folder / "compile").mkdir()
    compiled = CompileProject(project.folder / "compile", index, monkeypatch)
    compiled.want("zope.event==4.6")
    first = compiled.compile(*options)
    assert "1 pin, 1 added" in first.err
    assert "setuptools" not in first.err.replace("--allow-unsafe", "")
    assert "up to date" in compiled.compile(*options).err
    monkeypatch.chdir(project.folder)
    lock = compiled.lock_path.read_text()
    project.sync(lock)
    assert "zope-event==4.6" in project.names()
    assert project.sync(lock).is_empty
