"""What is read of a plain command line without click is what click makes of it, or nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piptools_clone.cli.arguments.compile_arguments import plain_command
from piptools_clone.cli.arguments.compile_options import COMPILE
from piptools_clone.cli.shell import report_of
from piptools_clone.model.compile_request import CompileRequest
from tests.cli.conftest import Cli
from tests.cli.plain_lines import Lines

TEXTS = {
    "--constraint": ["c.txt", "./c.txt"],
    "--uploaded-prior-to": ["P1D"],
    "--only-binary": [":all:", "bar"],
    "--no-binary": [":none:", "foo"],
    "--index-url": ["http://idx.example/simple", "https://user:secret@idx.example/simple"],
    "--python-version": ["3.12", ">=3.10"],
    "--output-file": ["requirements.txt", "some where.txt", "x=y"],
}
ODD = [
    ["--"],
    ["-"],
    ["-qq"],
    ["-Uv"],
    ["--upgrad"],
    ["--index-url="],
    ["--upgrade=yes"],
    ["-ox.txt"],
    ["-o=x.txt"],
    [""],
]
LINES = Lines(COMPILE, TEXTS, ODD)


def seen(arguments: Sequence[str], environ: dict[str, str] | None = None) -> tuple[CompileRequest, int, object] | None:
    """What is read without click: the request with its header, how loud, in color."""
    environ = dict(os.environ if environ is None else environ)
    found = plain_command(arguments, environ)
    if found is None:
        return None
    return found.request._replace(header_command=found.header_command(environ)), found.verbosity, found.color


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(LINES.plain, st.lists(st.sampled_from(["requirements.in", "./b c.in"]), max_size=2))
def test_what_is_read_is_what_click_reads(cli: Cli, options: Sequence[Sequence[str]], sources: list[str]) -> None:
    cli.write("b c.in")
    arguments = [*(each for option in options for each in option), *sources]
    plain = seen(arguments)
    if plain is None:
        assert len(sources) > 1
        return
    request, verbosity, color = plain
    assert request == cli.request(*arguments)
    report = report_of(cli.context)
    assert (verbosity, color) == (report.verbosity, cli.context.params["color"])
    settled = plain_command(arguments, os.environ)
    assert settled is not None
    assert settled.settles_extras == (cli.context.params["strip_extras"] is not None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(LINES.any, st.lists(st.sampled_from(["requirements.in", "pyproject.toml", "missing.in"]), max_size=1))
def test_what_is_not_plain_is_never_read_otherwise(
    cli: Cli, options: Sequence[Sequence[str]], sources: list[str]
) -> None:
    """Whatever the line: nothing is read, or what click reads; so nothing that click refuses."""
    cli.write("pyproject.toml")
    arguments = [*(each for option in options for each in option), *sources]
    plain = seen(arguments)
    if plain is not None:
        assert plain[0] == cli.request(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pip-args", "--index-url http://other.example/simple"],
        ["--config", "other.toml"],
        ["--help"],
        ["--version"],
        ["-P", "a"],
        ["--python", "python3"],
        ["--unknown"],
        ["--index-url"],
        ["--index-url="],
        ["--index-url", "--pre"],
        ["-ix"],
        ["-o=x.txt"],
        ["-qq"],
        ["--upgrade=yes"],
        ["--no-index"],
        ["--rebuild"],
        ["--resolver", "legacy"],
        ["--find-links", "wheels"],
        ["--annotation-style", "oblique"],
        ["--newline", "lf"],
        ["--cache-dir", "requirements.in"],
        ["--", "requirements.in"],
        ["-"],
        ["-o", "-"],
        ["-o", "new\nline.txt"],
        ["missing.in"],
        ["."],
        ["folder.in"],
        ["pyproject.toml"],
        ["script.py"],
        ["requirements.in", "other.in"],
    ],
)
def test_what_is_not_plain_is_left_to_click(cli: Cli, arguments: list[str]) -> None:
    for name in ("other.in", "pyproject.toml", "script.py"):
        cli.write(name)
    (cli.folder / "folder.in").mkdir()
    assert seen([]) is not None
    assert seen(arguments) is None


@pytest.mark.parametrize("variable", ["PIP_TOOLS_RESOLVER", "_PIP_COMPILE_COMPLETE"])
def test_what_speaks_to_click_is_left_to_click(cli: Cli, variable: str) -> None:
    assert cli.folder
    assert seen([], {variable: "x"}) is None


def test_no_input_is_left_to_click(cli: Cli) -> None:
    (cli.folder / "requirements.in").unlink()
    assert seen([]) is None


@pytest.mark.parametrize("content", ["[tool.pip-tools]\nindex-url = 'http://other.example/'", "[tool.pip-tools"])
def test_a_configuration_file_is_left_to_click(cli: Cli, content: str) -> None:
    (cli.folder / ".pip-tools.toml").write_text(content)
    assert seen([]) is None
    assert seen(["--no-config"]) is not None


@pytest.mark.parametrize("variables", [{"CUSTOM_COMPILE_COMMAND": "make lock"}, {"PIP_TOOLS_CACHE_DIR": "elsewhere"}])
def test_variables_count(cli: Cli, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    plain = seen(["--generate-hashes"])
    assert plain is not None
    assert plain[0] == cli.request("--generate-hashes")


def test_a_cache_folder_that_cannot_be_used_is_left_to_click(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    assert seen(["--cache-dir", str(folder)]) is not None
    file = cli.write("file")
    assert seen([], {**os.environ, "PIP_TOOLS_CACHE_DIR": str(file)}) is None
