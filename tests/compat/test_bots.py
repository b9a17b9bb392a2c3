"""Bots that update locks find in ours what they look for."""

from __future__ import annotations

import shlex
import sys

import pytest

from piptools_clone.formats.locks.lock_scope import LockScope
from piptools_clone.formats.locks.requirements_txt import LockStyle, render_lock
from piptools_clone.model.lock import Lock, Pin
from tests.compat.arguments import AMBIENT
from tests.compat.bots import (
    Facts,
    UnreadableCommandError,
    is_taken_for_a_lock,
    options_for,
    read_command,
    read_facts,
    read_version,
)
from tests.compat.case import Case
from tests.compat.tables import EXPECTED

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FILES = {"r.in": "delta\n", "c.txt": "alpha<1.1\n", "pyproject.toml": "[project]\nname = 'p'\nversion = '1'\n"}
CONFLICT = {"r.in": "gamma\nalpha==1.1\n"}
OWN_OPTION = {"r.in": "alpha\n", ".pip-tools.toml": "[tool.pip-tools.compile]\nemit-ambient-options = false\n"}


def compiled(*argv, files=FILES):
    """Parametrise with a compile of the default input with these arguments."""
    return pytest.mark.parametrize("case", [Case("bot", argv, files, env=AMBIENT)], ids=[shlex.join(argv) or "plain"])


def lock_of(outcome, name="r.txt"):
    assert outcome.code == 0, outcome.err
    return outcome.files[name].decode()


@compiled("-q", "--generate-hashes", "--allow-unsafe", "--strip-extras", "-c", "c.txt", "--output-file=r.txt", "r.in")
def test_the_command_is_read_from_the_header(run):
    """Every option is one that the bot knows, and its value is joined to it."""
    command = read_command(lock_of(run()))
    assert command.sources == ("r.in",)
    assert set(command.options) == {
        "--generate-hashes",
        "--allow-unsafe",
        "--strip-extras",
        "--constraint=c.txt",
        "--output-file=r.txt",
    }


@compiled("-q", "--strip-extras", "--output-file=r.txt", "r.in", files=FILES | {"r.txt": "alpha==1.0\nbeta==1.0\n"})
def test_the_command_runs_again_with_one_upgrade(run, sandbox):
    """The bot's own run changes that one version and nothing else, the header neither."""
    first = lock_of(run())
    command = read_command(first)
    second = lock_of(run(*command.options, *command.sources, "--upgrade-package=beta==1.1"))
    assert second == first.replace("beta==1.0", "beta==1.1")
    assert "beta==1.0" in first


@compiled("-q", "--no-header", "r.in")
def test_without_a_header_there_is_no_command(run):
    with pytest.raises(UnreadableCommandError):
        read_command(lock_of(run()))


@compiled("-q", files=OWN_OPTION | {"requirements.in": "alpha\n"})
def test_an_option_of_ours_in_the_configuration_stays_out_of_the_command(run):
    """Else the bot would stop at it.  It acts all the same: the folder of the environment is not written."""
    lock = lock_of(run(), "requirements.txt")
    assert read_command(lock) == ((), ())
    assert "--find-links" not in lock


@compiled("-q", "--output-file=r.txt", "--generate-hashes", "r.in")
def test_the_source_and_the_python_are_found(run, sandbox):
    run()
    lock = (sandbox.work / "r.txt").read_text()  # as it is, with the true version of Python
    assert read_facts(lock, "r.txt") == Facts("r.in", PYTHON, hashed=True, annotated=True)


@compiled("-q", "--output-file=r.txt", "--no-annotate", "r.in")
def test_hashes_and_annotations_are_missed_where_there_are_none(run, sandbox):
    run()
    lock = (sandbox.work / "r.txt").read_text()
    assert read_facts(lock, "r.txt") == Facts("r.in", PYTHON, hashed=False, annotated=False)


@compiled("-q", "r.in", files=CONFLICT)
def test_a_conflict_says_the_word_once(run):
    outcome = run()
    assert outcome.code == 1
    assert outcome.err.count("ResolutionImpossible") == 1


@compiled("--version")
def test_the_version_follows_its_word(run):
    outcome = run()
    assert outcome.code == 0
    assert read_version(outcome.out) == "N"  # how the tests mask any version


MANY = LockScope(universal=True, python=">=3.9")


@pytest.mark.parametrize("command", ["pip-compile", "pip-compile --output-file=all.txt requirements.in"])
@pytest.mark.parametrize("scope", [MANY, LockScope(targets=("a", "b"))])
def test_a_lock_of_many_environments_is_not_taken_for_one_of_pip_tools(command, scope):
    """The first bot stops at its options; the second would have to know its name, and then fails.

    pip-tools 7.5.3 and 7.6.2 end with code 2 and leave the file as it is: ``Invalid value for '--resolver':
    'universal' is not one of 'legacy', 'backtracking'.``  Both were run so over such a lock.
    """
    style = LockStyle(command=command, python_version=PYTHON, scope=scope)
    lock = render_lock(Lock((Pin("a", "1", via=("-r requirements.in",)),)), style).text
    with pytest.raises(UnreadableCommandError):
        read_command(lock)
    assert not is_taken_for_a_lock(lock, "all.txt")
    assert read_facts(lock, "all.txt") == Facts("", "", hashed=False, annotated=True)
    assert options_for(lock, "requirements.txt") == [
        "--output-file=requirements.txt", "--no-emit-index-url", "--no-header", "--resolver=universal"
    ]  # fmt: skip


def test_stored_headers_are_readable():
    """What pip-tools writes is understood by the parsers, so they are fit to judge ours."""
    headers = [path.read_text().partition("--- file ")[2] for path in EXPECTED.glob("*.txt")]
    locks = [text.partition("\n")[2] for text in headers if "autogenerated" in text]
    assert len(locks) > 30
    readable = [lock for lock in locks if _is_readable(lock)]
    assert len(readable) > 5


def _is_readable(lock):
    try:
        return bool(read_command(lock))
    except UnreadableCommandError:
        return False
