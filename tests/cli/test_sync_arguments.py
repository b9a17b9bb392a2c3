"""What is read of a plain command line of pip-sync without click is what click makes of it, or nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piptools_clone.cli.arguments.sync_arguments import plain_sync
from piptools_clone.cli.arguments.sync_options import SYNC
from piptools_clone.cli.shell import report_of
from piptools_clone.cli.sync_command import command
from piptools_clone.model.sync_request import SyncRequest, SyncResult
from tests.cli.plain_lines import Lines
from tests.support.runner import make_runner

TEXTS = {
    "--requirement": ["requirements.txt", "a lock"],
    "--python": ["venv", "venv/bin/python"],
    "--keep": ["types-*", "A"],
    "--only-binary": [":all:", "bar"],
    "--no-binary": [":none:", "foo"],
    "--index-url": ["http://idx.example/simple", "https://user:secret@idx.example/simple"],
}
ODD = [["--"], ["-"], ["-qq"], ["-nv"], ["--dry"], ["--python="], ["--force=yes"], ["-rx.txt"], ["-i=x"], [""]]
LINES = Lines(SYNC, TEXTS, ODD)
LOCKS = ["requirements.txt", "./more.txt", "a lock"]

Seen = tuple[SyncRequest, int, object]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with locks, cut off from this machine's settings."""
    for name in ("PIP_TOOLS_CACHE_DIR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()  # no configuration file is looked for above
    monkeypatch.chdir(tmp_path)
    for name in LOCKS:
        (tmp_path / name).touch()
    return tmp_path


def meant(arguments: Sequence[str]) -> Seen:
    """What click makes of a command line: the request, how loud, in color."""
    found: list[Seen] = []

    def sync(request: SyncRequest, **_: object) -> SyncResult:
        context = click.get_current_context()
        found.append((request, report_of(context).verbosity, context.params["color"]))
        return SyncResult((), changed=False, prefix="")

    done = make_runner().invoke(command(sync), list(arguments))
    assert done.exit_code == 0, done.output
    return found[0]


def seen(*arguments: str) -> Seen | None:
    """The same without click."""
    return plain_sync(arguments, os.environ)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(LINES.plain, st.lists(st.sampled_from(LOCKS), max_size=2))
def test_what_is_read_is_what_click_reads(options: Sequence[Sequence[str]], sources: list[str]) -> None:
    arguments = [*(each for option in options for each in option), *sources]
    assert seen(*arguments) == meant(arguments)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(LINES.any, st.lists(st.sampled_from([*LOCKS, "missing.txt", "requirements.in"]), max_size=1))
def test_no_line_is_read_otherwise(options: Sequence[Sequence[str]], sources: list[str]) -> None:
    """Whatever the line: nothing is read, or what click reads; so nothing that click refuses."""
    arguments = [*(each for option in options for each in option), *sources]
    plain = seen(*arguments)
    if plain is not None:
        assert plain == meant(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ask"],
        ["-a"],
        ["--report", "report.json"],
        ["--verify"],
        ["--relax-record", "a"],
        ["--target", "folder"],
        ["--prefix", "folder"],
        ["--pip-args", "--no-cache-dir"],
        ["--config", "other.toml"],
        ["--help"],
        ["-h"],
        ["--version"],
        ["--unknown"],
        ["--python"],
        ["--python="],
        ["--cache-dir", "--no-config"],
        ["--pyth", "venv"],
        ["-ihttps://idx.example/simple"],
        ["-i=https://idx.example/simple"],
        ["-nq"],
        ["-qq"],
        ["--dry-run=yes"],
        ["--link-mode", "symlink"],
        ["--", "requirements.txt"],
        ["-"],
        ["missing.txt"],
        ["."],
        ["requirements.in"],
        ["--force", "requirements.in"],
    ],
)
def test_what_is_not_plain_is_left_to_click(arguments: list[str], folder: Path) -> None:
    (folder / "requirements.in").touch()
    assert seen() is not None
    assert seen(*arguments) is None


@pytest.mark.parametrize("content", ["[tool.pip-tools]\ndry-run = true\n", "[tool.pip-tools"])
def test_a_configuration_file_is_left_to_click(content: str, folder: Path) -> None:
    (folder / ".pip-tools.toml").write_text(content)
    assert seen() is None
    assert seen("--no-config") == meant(["--no-config"])


@pytest.mark.parametrize(("name", "value"), [("PIP_TOOLS_CACHE_DIR", "elsewhere"), ("PIP_TOOLS_CACHE_DIR", "")])
def test_a_variable_names_the_cache(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert seen() == meant([])
    assert seen("--cache-dir", "given") == meant(["--cache-dir", "given"])


def test_a_shell_that_completes_is_left_to_click(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_PIP_SYNC_COMPLETE", "bash_source")
    assert seen() is None


def test_no_lock_is_left_to_click(folder: Path) -> None:
    (folder / "requirements.txt").unlink()
    assert seen() is None
