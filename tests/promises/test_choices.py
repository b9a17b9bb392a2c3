"""What is unusual about a choice is said (promises 11 to 13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex


def test_a_yanked_release_that_is_pinned_is_said(project: Project, index: SimpleIndex) -> None:
    """Promise 11: with its reason."""
    index.add(make_wheel("a", "1.0"), yanked="deletes your files")
    run = project.want("a==1.0").compile()
    assert run.pins == {"a": "1.0"}
    assert "deletes your files" in run.err
    assert "yanked" in run.err


def test_a_locked_release_that_was_yanked_stays_and_is_said(project: Project, index: SimpleIndex) -> None:
    """Promise 11."""
    index.add(make_wheel("a", "1.0"))
    index.add(make_wheel("a", "2.0"), yanked="oops")
    project.write("requirements.txt", "a==2.0")
    run = project.want("a").compile()
    assert run.pins == {"a": "2.0"}
    assert "oops" in run.err
    assert project.compile("--upgrade").pins == {"a": "1.0"}


def test_a_quarantined_project_is_refused(project: Project, index: SimpleIndex) -> None:
    """Promise 11 (PEP 792)."""
    index.add(make_wheel("a", "1.0"))
    index.set_status("a", "quarantined", "malware")
    run = project.want("a").compile()
    assert (run.code, run.lock) == (1, None)
    assert "a 1.0 is quarantined by the index (malware)" in run.err


@pytest.mark.parametrize("status", ["archived", "deprecated"])
def test_a_project_that_ends_is_said_once(status: str, project: Project, index: SimpleIndex) -> None:
    """Promise 11 (PEP 792)."""
    index.add(make_wheel("a", "1.0"))
    index.set_status("a", status)
    run = project.want("a").compile()
    assert run.pins == {"a": "1.0"}
    assert run.err.count(status) == 1


@pytest.fixture
def second(simple_index: Callable[..., SimpleIndex]) -> SimpleIndex:
    """Another index, with a newer release of the same name."""
    made = simple_index()
    made.add(make_wheel("a", "9.0"))
    return made


def test_two_indexes_with_one_name_are_reported(project: Project, index: SimpleIndex, second: SimpleIndex) -> None:
    """Promise 12: pip's merging is the default; it is said where it matters."""
    index.add(make_wheel("a", "1.0"))
    run = project.want("a").compile("--extra-index-url", second.url)
    assert run.pins == {"a": "9.0"}
    assert index.host in run.err
    assert second.host in run.err


def test_the_first_index_wins_by_strategy(project: Project, index: SimpleIndex, second: SimpleIndex) -> None:
    """Promise 12: and the second is not even asked."""
    index.add(make_wheel("a", "1.0"))
    run = project.want("a").compile("--extra-index-url", second.url, "--index-strategy", "first-index")
    assert run.pins == {"a": "1.0"}
    assert second.paths == []


CUT_OFF = ("--uploaded-prior-to", "2024-06-01T00:00:00Z")


def test_a_cut_off_without_upload_times_is_an_error(project: Project, index: SimpleIndex) -> None:
    """Promise 13: naming the index."""
    index.style = index.style._replace(upload_times=False)
    index.add(make_wheel("a", "1.0"))
    run = project.want("a").compile(*CUT_OFF)
    assert (run.code, run.lock) == (2, None)
    assert index.url in run.err


def test_a_cut_off_takes_what_was_there(project: Project, index: SimpleIndex) -> None:
    """Promise 13."""
    index.add(make_wheel("a", "1.0"))
    index.add(make_wheel("a", "2.0"), upload_time="2024-07-01T00:00:00Z")
    assert project.want("a").compile(*CUT_OFF).pins == {"a": "1.0"}


def test_a_locked_pin_that_is_younger_stays_and_is_listed(project: Project, index: SimpleIndex) -> None:
    """Promise 13."""
    index.add(make_wheel("a", "1.0"))
    index.add(make_wheel("a", "2.0"), upload_time="2024-07-01T00:00:00Z")
    project.write("requirements.txt", "a==2.0")
    run = project.want("a").compile(*CUT_OFF)
    assert run.pins == {"a": "2.0"}
    assert "a==2.0" in run.err
