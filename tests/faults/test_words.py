"""What a run says: explanations that read as sentences, checks that name what differs, summaries with numbers."""

from __future__ import annotations

import re

import pytest

from piptools_clone.formats.locks.lock_difference import difference
from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

PLAIN = ("--strip-extras",)


# explanations


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("flask==1.99", "flask has no version 1.99 (nearest: 1.1.4, 2.0.0)"),
        ("flask==0.1", "flask has no version 0.1 (nearest: 1.0, 1.1.4)"),
        ("flask==9", "flask has no version 9 (nearest: 2.0.0, 2.1rc1)"),
        ("flask==1.99,<5", "flask has no version 1.99 (nearest: 1.1.4, 2.0.0)"),
        ("flask>5", "flask has no such version (newest is 2.1rc1; there are also 2.0.0, 1.1.4, 1.0)"),
        ("flask==1.99.*", "flask has no such version (newest is 2.1rc1; there are also 2.0.0, 1.1.4, 1.0)"),
        ("flask==2.0,<2", "flask has no such version (newest is 2.1rc1; there are also 2.0.0, 1.1.4, 1.0)"),
        ("flask===1.99", "flask has no such version (newest is 2.1rc1; there are also 2.0.0, 1.1.4, 1.0)"),
    ],
)
def test_a_version_that_is_not_there(wanted: str, said: str, project: Project, index: SimpleIndex) -> None:
    for version in ("1.0", "1.1.4", "2.0.0", "2.1rc1"):
        index.add(make_wheel("flask", version))
    run = project.want(wanted).compile()
    assert run.code == 1
    assert said in run.err


def test_one_that_a_release_needs(project: Project, index: SimpleIndex) -> None:
    index.add(make_wheel("app", "1.0", requires=["flask==1.99"]))
    index.add(make_wheel("flask", "2.0"))
    assert "app 1.0 needs flask==1.99, which has no version 1.99 (nearest: 2.0)" in project.want("app").compile().err


def test_no_fitting_wheel(project: Project, index: SimpleIndex) -> None:
    index.add(make_wheel("a", "1.0", tag="cp27-cp27m-win32"))
    index.add(make_wheel("app", "1.0", requires=["a"]))
    for wanted in ("a", "app"):
        assert "has no wheel that fits, only some for win32" in re.sub(
            "every version of a|a 1.0", "a", project.want(wanted).compile().err
        )


def test_other_formats(project: Project, index: SimpleIndex) -> None:
    index.add(make_sdist("a", "1.0", static=True))
    said = project.want("a").compile("--only-binary", "a").err
    assert "a 1.0 is there as only source distributions" in said


# checks


@pytest.fixture
def locked(project: Project, index: SimpleIndex) -> Project:
    index.add(make_wheel("a", "1.0", requires=["b[x]"]))
    index.add(make_wheel("b", "1.0", requires=['c; extra == "x"'], extras=["x"]))
    index.add(make_wheel("c", "1.0"))
    return project.want("a")


def check(project: Project, *args: str, command: str) -> str:
    run = project.compile("--check", *args, env={"CUSTOM_COMPILE_COMMAND": command})
    assert run.code == 1
    return run.err


def test_a_header_that_differs_alone(locked: Project) -> None:
    locked.compile(*PLAIN, env={"CUSTOM_COMPILE_COMMAND": "make lock"})
    said = check(locked, *PLAIN, command="make other")
    assert "requirements.txt is not up to date: only its header differs\n" in said
    assert "-#    make lock\n+#    make other\n" in said
    assert "==" not in said


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--generate-hashes",), "--generate-hashes"),
        (("--no-annotate",), "--no-annotate"),
        (("--generate-hashes", "--annotation-style=line"), "--annotation-style=line, --generate-hashes"),
    ],
)
def test_an_option_that_was_left_out_is_named_first(options: tuple[str, ...], named: str, locked: Project) -> None:
    words = " ".join(sorted(options))
    locked.compile(*PLAIN, *options, env={"CUSTOM_COMPILE_COMMAND": f"pip-compile {words} --strip-extras"})
    said = check(locked, *PLAIN, command="pip-compile --strip-extras")
    first = next(line for line in said.splitlines() if line.startswith("ERROR"))
    assert first == f"ERROR: requirements.txt is not up to date: it was made with {named}, which this command lacks"


def test_without_a_header_hashes_tell_it(locked: Project) -> None:
    locked.compile(*PLAIN, "--no-header", "--generate-hashes")
    said = check(locked, *PLAIN, "--no-header", command="")
    assert "it was made with --generate-hashes, which this command lacks" in said


def test_another_command_of_which_nothing_is_known(locked: Project) -> None:
    locked.compile(*PLAIN, env={"CUSTOM_COMPILE_COMMAND": "make --quiet lock"})
    locked.index.add(make_wheel("c", "2.0"))
    said = check(locked, *PLAIN, "-U", "--rebuild", command="pip-compile")
    assert "requirements.txt is not up to date:\n" in said
    assert "-c==1.0" in said
    assert "+c==2.0" in said


def test_a_lock_that_is_not_there() -> None:
    assert difference("", "#\n# x\n#\n", "r.txt").startswith("r.txt is not up to date:\n--- r.txt")


# summaries


def test_the_numbers_and_the_time_of_a_run(locked: Project, index: SimpleIndex) -> None:
    first = locked.compile(*PLAIN)
    assert re.search(r"^requirements\.txt: 3 pins, 3 added, \d+\.\d+ s$", first.err, re.MULTILINE)
    index.add(make_wheel("c", "2.0"))
    locked.want("a", "d")
    index.add(make_wheel("d", "1.0"))
    run = locked.compile(*PLAIN, "-U", "--rebuild")
    assert re.search(r"^requirements\.txt: 4 pins, 1 changed, 1 added, \d+\.\d+ s$", run.err, re.MULTILINE)
    assert locked.want("a").compile(*PLAIN, "-q").err == ""


def test_a_first_lock_without_pins(project: Project) -> None:
    run = project.want("# nothing yet").compile(*PLAIN)
    assert run.code == 0
    assert re.fullmatch(r"requirements\.txt: 0 pins, \d+\.\d+ s\n", run.err)
    assert project.compile(*PLAIN).err == "requirements.txt is up to date.\n"
