"""The command in the header.  What pip-tools writes for the same arguments stands as literal text."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli

LINKS = ("-f", ".", "--no-index")

PIP_TOOLS = [
    ("r.in --strip-extras", "--strip-extras r.in"),
    ("--no-strip-extras r.in", "--no-strip-extras r.in"),
    ("--pre -p r.in", "--pre r.in"),
    ("--no-annotate r.in", "--no-annotate r.in"),
    ("-U -P alpha -v -v -q --rebuild --no-reuse-hashes --cache-dir x -n --no-config r.in", "r.in"),
    ("-i http://u:p@idx.example/s r.in", "--index-url='http://u:****@idx.example/s' r.in"),
    ("--extra-index-url http://tok@idx.example/s r.in", "--extra-index-url='http://****@idx.example/s' r.in"),
    ("--extra dev pyproject.toml", "--extra=dev pyproject.toml"),
    ("--all-extras pyproject.toml", "--all-extras pyproject.toml"),
    ("-o - r.in", "--output-file=- r.in"),
    ("--newline crlf --max-rounds 5 r.in", "--max-rounds=5 --newline=CRLF r.in"),
    (
        "--resolver=backtracking --unsafe-package Foo --unsafe-package b --no-emit-options -c c.txt --allow-unsafe "
        "r.in",
        "--allow-unsafe --constraint=c.txt --no-emit-options --unsafe-package=Foo --unsafe-package=b r.in",
    ),
    ("--resolver=legacy r.in", "--resolver=legacy r.in"),
    ("-- --weird.in", "-- --weird.in"),
    ("--color r.in", "--color r.in"),
    (
        "--no-color --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-build-isolation r.in",
        "--no-build-isolation --no-color --no-emit-find-links --no-emit-index-url --no-emit-trusted-host r.in",
    ),
    ("--trusted-host b --trusted-host a r.in", "--trusted-host=a --trusted-host=b r.in"),
    ("--generate-hashes --upgrade", "--generate-hashes"),
    ("--annotation-style split --newline PRESERVE --max-rounds 10 --no-allow-unsafe --reuse-hashes", ""),
    ("-o o.txt requirements.in r.in", "--output-file=o.txt r.in requirements.in"),
]


@pytest.mark.parametrize(("args", "expected"), PIP_TOOLS)
def test_as_pip_tools(cli: Cli, args: str, expected: str) -> None:
    for name in ("r.in", "--weird.in", "pyproject.toml"):
        cli.write(name, "")
    assert cli.header(*args.split()) == f"pip-compile {expected}".rstrip()


def test_quoting(cli: Cli) -> None:
    cli.write("a b/é.in")
    assert cli.header("a b/é.in", "-o", "x y.txt") == "pip-compile --output-file='x y.txt' 'a b/é.in'"
    args = "--retries 3 --cache-dir='/tmp/with spaces'"
    assert cli.header("--pip-args", args) == f'pip-compile --pip-args="{args}"'
    assert cli.header("--pip-args", "--retries 3") == "pip-compile --pip-args='--retries 3'"


def test_stdin(cli: Cli) -> None:
    assert cli.header("-", "-o", "-") == "pip-compile --output-file=- -"


def test_no_secret_of_pip_args_is_shown(cli: Cli) -> None:
    header = cli.header("--pip-args", "--proxy http://me:secret@proxy.example:80 -i https://token@idx.example/s")
    assert header == "pip-compile --pip-args='--proxy http://me:****@proxy.example:80 -i https://****@idx.example/s'"


def test_custom_command(cli: Cli) -> None:
    assert cli.header("-n", env={"CUSTOM_COMPILE_COMMAND": "make lock"}) == "make lock"
    assert cli.header(env={"CUSTOM_COMPILE_COMMAND": ""}) == "pip-compile"


def test_config_is_shown_with_its_whole_path_unless_it_is_found_by_itself(cli: Cli) -> None:
    for name in ("d/c.toml", "pyproject.toml", "d/pyproject.toml"):
        cli.write(name, "[tool.pip-tools]\n")
    assert cli.header("--config", "d/c.toml") == "pip-compile --config=d/c.toml"
    assert cli.header("--config", "d/pyproject.toml") == "pip-compile --config=d/pyproject.toml"
    assert cli.header("--config", "./pyproject.toml") == "pip-compile"
    assert cli.header() == "pip-compile"


def test_new_options_are_shown_when_typed_and_hidden_when_configured(cli: Cli) -> None:
    """A bot that knows only pip-tools' options reads the header; the configuration file works for it as well."""
    assert cli.header("--only-binary", ":all:", "--no-build", "--pin-vcs", "--index-strategy=first-index") == (
        "pip-compile --index-strategy=first-index --no-build --only-binary=:all: --pin-vcs"
    )
    assert cli.header("--no-emit-ambient-options") == "pip-compile --no-emit-ambient-options"
    cli.write(
        ".pip-tools.toml",
        "[tool.pip-tools]\nonly-binary = [':all:']\nno-build = true\nno-emit-ambient-options = true\n"
        "strip-extras = true\n",
    )
    assert cli.header() == "pip-compile --strip-extras"
    request = cli.operation.requests[-1]
    assert (request.no_build, request.ambient_options) == (True, False)
    assert request.options.format_control == (("only_binary", ":all:"),)


def test_a_flag_that_the_configuration_file_turns_off_is_not_shown(cli: Cli) -> None:
    cli.write(".pip-tools.toml", "[tool.pip-tools]\npre = false\nno-annotate = true\n")
    assert cli.header() == "pip-compile --no-annotate"


def test_a_check_names_the_command_that_writes(cli: Cli) -> None:
    assert cli.header("--check", "--offline") == "pip-compile"
