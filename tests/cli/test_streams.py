"""What goes to which stream, and the exit code."""

from __future__ import annotations

import re

import pytest

from piptools_clone.cli.outcome import STRIP_EXTRAS
from piptools_clone.errors import IndexFailure, InterruptedLate, NoSolution, OutputError, StaleLock, UsageError
from piptools_clone.model.compile_request import Change, CompileRequest, CompileResult
from piptools_clone.model.lock import Lock, Pin
from piptools_clone.model.observer import Observer
from tests.cli.conftest import LOCK, Cli

WARNING = f"WARNING: {STRIP_EXTRAS}\n"


def streams(cli: Cli, *args: str) -> tuple[int, str, str]:
    """Exit code, stdout, and stderr with a ``?`` for the time that a run took."""
    result = cli.run("--strip-extras", *args)
    return result.exit_code, result.stdout, re.sub(r"\b\d+\.\d+ s$", "? s", result.stderr, flags=re.MULTILINE)


def test_written(cli: Cli) -> None:
    assert streams(cli) == (0, "", "alpha 1.0 -> 1.1\nrequirements.txt: 1 pin, 1 changed, ? s\n")
    assert streams(cli, "-q") == (0, "", "")


def test_nothing_to_do(cli: Cli) -> None:
    cli.operation.result = CompileResult(Lock(()), LOCK)
    assert streams(cli) == (0, "", "requirements.txt is up to date.\n")


def test_only_the_text_differs(cli: Cli) -> None:
    cli.operation.result = CompileResult(Lock((Pin("alpha", "1.1"),)), LOCK, changed=True, written=True)
    assert streams(cli) == (0, "", "requirements.txt was written anew; every version is as before.\n")


def test_a_lock_without_pins_has_no_versions_that_are_as_before(cli: Cli) -> None:
    cli.operation.result = CompileResult(Lock(()), b"#\n", changed=True, written=True)
    assert streams(cli) == (0, "", "requirements.txt: 0 pins, ? s\n")
    assert streams(cli, "-q") == (0, "", "")


def test_standard_output(cli: Cli) -> None:
    """The body once, and nothing else: no copy of it on stderr."""
    assert streams(cli, "-o", "-") == (0, LOCK.decode(), "")
    assert streams(cli, "-qo-") == (0, LOCK.decode(), "")


def test_standard_output_keeps_every_byte(cli: Cli) -> None:
    cli.operation.result = CompileResult(Lock(()), b"alpha==1.1\r\n# \xc3\xa9\r\n")
    assert cli.run("-o", "-").stdout_bytes == b"alpha==1.1\r\n# \xc3\xa9\r\n"


def test_dry_run(cli: Cli) -> None:
    assert streams(cli, "-n") == (0, "", LOCK.decode() + "Dry-run, so nothing updated.\n")
    assert streams(cli, "-n", "-q") == (0, "", LOCK.decode())
    assert streams(cli, "-n", "-o", "-")[1] == ""


def test_check(cli: Cli) -> None:
    assert streams(cli, "--check") == (0, "", "requirements.txt is up to date.\n")
    assert streams(cli, "--check", "-q") == (0, "", "")
    cli.operation.failure = StaleLock("requirements.txt is not up to date:\n-alpha==1.0\n+alpha==1.1", hint="run it")
    assert streams(cli, "--check", "-q") == (
        1,
        "",
        "ERROR: requirements.txt is not up to date:\n-alpha==1.0\n+alpha==1.1\n\nhint: run it\n",
    )


def test_strip_extras_unset_warns_on_every_run(cli: Cli) -> None:
    assert cli.run("-qq").stderr == WARNING
    assert cli.run("-q", "--check").stderr == WARNING
    assert cli.run("-q", "--no-strip-extras").stderr == ""


def test_warnings_are_not_silenced_notes_are_spoken_on_request(cli: Cli) -> None:
    cli.operation.result = CompileResult(Lock(()), LOCK, warnings=("look out",), notes=("by the way",))
    assert streams(cli, "-q") == (0, "", "WARNING: look out\n")
    assert streams(cli, "-v")[2].startswith("by the way\nWARNING: look out\n")
    assert "by the way" not in streams(cli, "-v", "-q")[2]


def test_what_the_operation_says_meanwhile(cli: Cli) -> None:
    class Talker:
        def __call__(self, request: CompileRequest, *, observer: Observer) -> CompileResult:
            observer.announce("building beta 1.0")
            observer.note("detail")
            observer.warn("WARNING: careful")
            observer.progress(1, 2, "beta")  # no terminal, so nothing is shown
            return CompileResult(Lock(()), LOCK)

    cli.operation = Talker()  # type: ignore[assignment]  # another operation
    assert streams(cli)[2] == "building beta 1.0\nWARNING: careful\nrequirements.txt is up to date.\n"
    assert streams(cli, "-q")[2] == "WARNING: careful\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--resolver=legacy"], "WARNING: --resolver=legacy has no effect: "),
        (["--max-rounds", "3"], "WARNING: --max-rounds has no effect: "),
        (["-r"], "WARNING: --rebuild means: "),
        (["--pip-args", "--use-pep517"], "WARNING: --use-pep517 is no longer supported by pip and is deprecated"),
    ],
)
def test_options_without_effect_say_so_once(cli: Cli, args: list[str], said: str) -> None:
    code, _, stderr = streams(cli, "-q", *args)
    assert code == 0
    assert stderr.startswith(said)
    assert len(stderr.splitlines()) == 1


def test_an_output_that_a_redirection_has_emptied(cli: Cli) -> None:
    cli.write("requirements.txt", "")
    assert "the output file requirements.txt exists but is empty." in streams(cli, "-q", "-P", "alpha")[2]
    assert streams(cli, "-q", "-P", "alpha", "-U")[2] == ""
    assert streams(cli, "-q")[2] == ""


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (NoSolution("ResolutionImpossible: alpha"), 1, "ERROR: ResolutionImpossible: alpha\n"),
        (IndexFailure("idx.example answered 500"), 2, "ERROR: idx.example answered 500\n"),
        (OutputError("no", hint="do this"), 2, "ERROR: no\n\nhint: do this\n"),
        (UsageError("not so"), 2, "Usage: pip-compile [OPTIONS] [SRC_FILES]...\n\nError: not so\n"),
        (KeyboardInterrupt(), 130, "ERROR: Interrupted; nothing was changed.\n"),
        (InterruptedLate(), 130, "ERROR: Interrupted.\n"),
        (
            ZeroDivisionError("x"),
            2,
            "ERROR: This is a bug in piptools-clone, please report it: ZeroDivisionError: x. "
            "Run the command again with -vv to see the traceback.\n",
        ),
    ],
)
def test_failures(cli: Cli, failure: BaseException, code: int, said: str) -> None:
    cli.operation.failure = failure
    assert streams(cli, "-q") == (code, "", said)


def test_the_traceback_of_a_bug_is_there_for_the_asking(cli: Cli) -> None:
    cli.operation.failure = ZeroDivisionError("\x1b[31mx")
    code, _, stderr = streams(cli, "-vv")
    assert code == 2
    assert "Traceback (most recent call last):" in stderr
    assert "\x1b" not in stderr


def test_nothing_foreign_steers_a_terminal(cli: Cli) -> None:
    cli.operation.failure = NoSolution("alpha\x1b]0;owned\x07\nbeta\u202e")
    assert streams(cli, "--color")[2] == "\x1b[31mERROR: alpha\\x1b]0;owned\\x07\nbeta\\u202e\x1b[0m\n"


def test_no_failure_tells_a_secret(cli: Cli) -> None:
    cli.operation.failure = ValueError("http://me:secret@idx.example/s is odd")
    assert "secret" not in streams(cli, "-vv")[2]


def test_color(cli: Cli) -> None:
    assert "\x1b[33m" in cli.run("--color").stderr
    assert "\x1b[33m" not in cli.run("--no-color").stderr
    assert "\x1b[33m" not in cli.run().stderr  # no terminal
    assert "\x1b[33m" in cli.run("--color", env={"NO_COLOR": "1"}).stderr


def test_many_changes_are_counted(cli: Cli) -> None:
    changes = (
        Change("a", "1", "2"),
        *(Change(f"n{number:02}", "", "1") for number in range(25)),
        Change("old", "1", ""),
    )
    pins = tuple(Pin(f"n{number:02}", "1") for number in range(26))
    cli.operation.result = CompileResult(Lock(pins), LOCK, changes, changed=True, written=True)
    counted = "requirements.txt: 26 pins, 1 changed, 25 added, 1 removed, ? s\n"
    assert streams(cli)[2] == f"a 1 -> 2\nadded 25 packages\nremoved old 1\n{counted}"
    assert streams(cli, "-v")[2].count("\n") == 28
