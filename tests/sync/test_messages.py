"""What a sync says when it refuses: whole lines, right words, the same ones every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.cli.sync_command import command
from piptools_clone.environment.interpreter import Interpreter, running_interpreter
from piptools_clone.errors import BuildFailure, EnvironmentFailure, InputError, PiptoolsCloneError, UsageError
from piptools_clone.model.observer import Observer
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.syncing.preflight import LINES, check_place
from piptools_clone.wheels.checked_wheel import Layout, Member, read_record_of_wheel
from piptools_clone.wheels.wheel_paths import WheelFault
from tests.support.packages import make_wheel
from tests.support.runner import make_runner
from tests.sync.project import Project

MANAGED = """[externally-managed]
Error=To install Python packages system-wide, try apt install
 python3-xyz, where xyz is the package you are trying to
 install.

 If you wish to install another one, create a virtual environment \x1b[31m
"""


@pytest.fixture
def of_the_system(tmp_path: Path) -> Interpreter:
    """An interpreter that is no virtual environment and whose standard library is a folder of the test."""
    found = running_interpreter()
    return found._replace(prefix=found.base_prefix, paths=found.paths._replace(stdlib=tmp_path))


def test_a_managed_python_speaks_in_lines(of_the_system: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").write_text(MANAGED)
    with pytest.raises(EnvironmentFailure) as caught:
        check_place(of_the_system, SyncRequest(()))
    assert str(caught.value).splitlines()[1:] == [
        "",
        "  To install Python packages system-wide, try apt install",
        "  python3-xyz, where xyz is the package you are trying to",
        "  install.",
        "",
        "  If you wish to install another one, create a virtual environment \\x1b[31m",
        "",
        "hint: make a virtual environment, or insist with --break-system-packages",
    ]


def test_a_managed_python_that_never_ends(of_the_system: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=x\n" + " more\n" * 10_000)
    with pytest.raises(EnvironmentFailure) as caught:
        check_place(of_the_system, SyncRequest(()))
    assert len(str(caught.value).splitlines()) < LINES + 10


@pytest.mark.parametrize(("names", "words"), [("a", "so 1 package would be"), ("ab", "so 2 packages would be")])
def test_how_many_would_go(names: str, words: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.offer(*(make_wheel(name, "1.0") for name in names))
    project.sync("".join(f"{name}==1.0\n" for name in names))
    project.fails("", InputError, words)


def test_a_wrong_record_is_told_of_in_order() -> None:
    """The first file by name is named, whatever order sets have today."""
    layout = Layout("a-1.0.dist-info", "a-1.0.data")
    members = [Member(f"a/{letter}.py", 0, False) for letter in "qwertyzuiopasdfghjklxcvbnm"]
    with pytest.raises(WheelFault, match=r"does not list a/a\.py"):
        read_record_of_wheel("a-1.0-py3-none-any.whl", "", layout, members)
    lines = "".join(f"{member.path},sha256=x,0\n" for member in members)
    with pytest.raises(WheelFault, match=r"lists a/a\.py, which is not there"):
        read_record_of_wheel("a-1.0-py3-none-any.whl", lines, layout, [])


def test_an_editable_checkout_is_refused(tmp_path: Path) -> None:
    """Its place would have to be changed before the environment is; the line is named, and what to do instead."""
    words = r"requirements.txt:1: -e .*an editable checkout is not supported\n\nhint: check the project out"
    Project(tmp_path).fails("-e git+file:///nowhere/repository@main#egg=a\n", UsageError, words, strict=False)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (EnvironmentFailure("no", hint="do this"), "ERROR: no\n\nhint: do this\n"),
        (BuildFailure("no", log="one\ntwo"), "ERROR: no\n  | one\n  | two\n"),
        (InputError("Incompatible requirements found: a"), "Incompatible requirements found: a\n"),
        (EnvironmentFailure("Could not resolve 'x' as valid"), "Could not resolve 'x' as valid\n"),
    ],
)
def test_errors_begin_as_those_of_pip_compile(
    failure: PiptoolsCloneError, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ERROR: begins what we say; what pip-tools says as well begins as there."""

    def fail(_: SyncRequest, *, observer: Observer, confirm: object) -> None:
        raise failure

    monkeypatch.chdir(tmp_path)
    Path("requirements.txt").touch()
    done = make_runner().invoke(command(fail), [])  # type: ignore[arg-type]  # it never returns
    assert (done.exit_code, done.stderr) == (2, said)


def test_a_variable_that_is_not_set_is_named_with_its_line(tmp_path: Path) -> None:
    """As in a compile, and once."""
    project = Project(tmp_path)
    project.offer(make_wheel("a", "1.0"))
    line = "--extra-index-url https://${NOBODY_SETS_THIS}@idx.example/simple"
    project.sync(f"{line}\n{line}\na==1.0\n")
    words = "requirements.txt:1: the variable NOBODY_SETS_THIS is not set or empty: ${NOBODY_SETS_THIS} stays as it is"
    assert [said.partition(words)[2] for said in project.hearer.said if words in said] == [", as in pip"]
