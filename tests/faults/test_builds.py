"""A build that fails is no reason to lock an older version, and no more is built than must be."""

from __future__ import annotations

import pytest

from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex


def builds(said: str) -> int:
    return said.count("to read its metadata")


def test_a_build_that_fails_ends_the_run(project: Project, index: SimpleIndex) -> None:
    """An older release is not what was asked for, be it a wheel."""
    index.add(make_sdist("a", "2.0", fails="no compiler"))
    index.add(make_sdist("a", "1.5"))
    index.add(make_wheel("a", "1.0"))
    run = project.want("# one", "a").compile()
    assert run.code == 1
    assert run.lock is None
    assert builds(run.err) == 1
    assert "a 2.0 could not be built" in run.err
    assert "requirements.in:2 requires a" in run.err
    assert "      no compiler\n" in run.err
    assert "--only-binary a" in run.err


def test_who_needs_what_could_not_be_built_is_named(project: Project, index: SimpleIndex) -> None:
    index.add(make_wheel("app", "1.0", requires=["a>1"]))
    index.add(make_sdist("a", "2.0", fails="no compiler"))
    run = project.want("app").compile()
    assert run.code == 1
    assert "app 1.0 needs a>1" in run.err


def test_all_that_a_build_printed_is_shown_with_v(project: Project, index: SimpleIndex) -> None:
    words = "\n".join(f"line {number} of the compiler" for number in range(1, 121))
    index.add(make_sdist("a", "2.0", fails=words))
    short, long = project.want("a").compile(), project.compile("-v")
    assert " line 120 of the compiler" in short.err
    assert " line 1 of the compiler" not in short.err
    assert "more lines before, see them with -v" in short.err
    assert " line 1 of the compiler" in long.err
    assert " line 120 of the compiler" in long.err


@pytest.mark.parametrize("option", ["--no-build", "--only-binary=a", "--only-binary=:all:"])
def test_a_build_that_the_user_forbids_is_a_reason_to_take_another(
    option: str, project: Project, index: SimpleIndex
) -> None:
    index.add(make_sdist("a", "2.0", fails="not to be run"))
    index.add(make_wheel("a", "1.0"))
    args = ("--pip-args", option) if option.startswith("--only") else (option,)
    assert project.want("a").compile(*args).pins == {"a": "1.0"}


def test_below_the_newest_what_needs_no_build_comes_first(project: Project, index: SimpleIndex) -> None:
    """The newest is tried as pip does; where that does not fit nothing is built before all wheels were tried."""
    index.add(make_sdist("a", "4.0", requires=["b==2"]))
    index.add(make_sdist("a", "3.0", fails="not to be run"))
    index.add(make_wheel("a", "2.0", requires=["b==2"]))
    index.add(make_wheel("a", "1.0"))
    for version in ("1", "2"):
        index.add(make_wheel("b", version))
    run = project.want("a", "b==1").compile()
    assert run.pins == {"a": "1.0", "b": "1"}
    assert builds(run.err) == 1


def test_static_metadata_is_as_good_as_a_wheel(project: Project, index: SimpleIndex) -> None:
    index.add(make_sdist("a", "4.0", requires=["b==2"], static=True))
    index.add(make_sdist("a", "3.0", fails="not to be run"))
    index.add(make_sdist("a", "2.0", static=True))
    index.add(make_wheel("a", "1.0"))
    for version in ("1", "2"):
        index.add(make_wheel("b", version))
    run = project.want("a", "b==1").compile()
    assert run.pins == {"a": "2.0", "b": "1"}
    assert builds(run.err) == 0


def test_where_all_others_need_a_build_the_next_is_built(project: Project, index: SimpleIndex) -> None:
    index.add(make_sdist("a", "3.0", requires=["b==2"]))
    index.add(make_sdist("a", "2.0"))
    index.add(make_sdist("a", "1.0", fails="not to be run"))
    for version in ("1", "2"):
        index.add(make_wheel("b", version))
    run = project.want("a", "b==1").compile()
    assert run.pins == {"a": "2.0", "b": "1"}
    assert builds(run.err) == 2


def test_there_is_no_walk_down_old_sources(project: Project, index: SimpleIndex) -> None:
    for minor in range(20):
        index.add(make_sdist("a", f"1.{minor}", fails=f"no compiler for {minor}"))
    run = project.want("a").compile()
    assert run.code == 1
    assert builds(run.err) == 1
    assert "no compiler for 19" in run.err


def test_a_locked_source_is_what_is_wanted(project: Project, index: SimpleIndex) -> None:
    """It is built though a newer wheel is there, and not built again while its metadata is known."""
    index.add(make_sdist("a", "1.0"))
    assert project.want("a").compile().pins == {"a": "1.0"}
    index.add(make_wheel("a", "2.0"))
    run = project.compile("--rebuild")
    assert run.pins == {"a": "1.0"}
    assert builds(run.err) == 0
    run = project.compile("--cache-dir", str(project.root / "other"))
    assert run.pins == {"a": "1.0"}
    assert builds(run.err) == 1


def test_nothing_is_built_on_a_guess(project: Project, index: SimpleIndex) -> None:
    """What the newest release needs is not built before that release is chosen."""
    index.add(make_wheel("app", "2.0", requires=["a", "b==2"]))
    index.add(make_wheel("app", "1.0"))
    index.add(make_sdist("a", "1.0", fails="not to be run"))
    for version in ("1", "2"):
        index.add(make_wheel("b", version))
    run = project.want("b==1", "app").compile()
    assert run.pins == {"app": "1.0", "b": "1"}
    assert builds(run.err) == 0


def test_a_build_that_fails_is_no_answer_of_a_check(project: Project, index: SimpleIndex) -> None:
    index.add(make_wheel("a", "1.0"))
    project.want("a").compile()
    index.add(make_sdist("a", "2.0", fails="no compiler"))
    run = project.compile("--check", "--upgrade", "--rebuild")
    assert run.code != 0
    assert "could not be built" in run.err
    assert "is not up to date" not in run.err
