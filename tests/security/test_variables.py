"""What a variable of a lock stood for is neither recorded nor shown: where it was written, its name is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from piptools_clone.errors import IndexFailure, PiptoolsCloneError
from piptools_clone.formats.requirements.logical_lines import Variables
from piptools_clone.model.index_options import IndexOptions
from tests.support.packages import Package, make_sdist, make_wheel
from tests.support.project import Project as CompileProject
from tests.support.simple_index import Fault, SimpleIndex
from tests.sync.project import Project

TOKEN = "s3cr3t-t0ken"
A = make_wheel("a", "1.0")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("API_TOKEN", TOKEN)
    return Project(tmp_path)


@pytest.fixture
def server() -> Iterator[SimpleIndex]:
    with closing(SimpleIndex()) as made:
        yield made


def left_behind(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if TOKEN.encode() in path.read_bytes() or TOKEN in path.name]


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("package", [A, make_sdist("a", "1.0")], ids=["wheel", "sdist"])
def test_an_address_is_recorded_as_it_was_typed(
    stated: bool, package: Package, project: Project, server: SimpleIndex
) -> None:
    server.serve(f"/{TOKEN}/{package.filename}", package.data)
    typed = f"{server.root}/${{API_TOKEN}}/{package.filename}"
    lock = f"a @ {typed}" + (f" --hash=sha256:{package.sha256}\n" if stated else "\n")
    result = project.sync(lock, build_isolation=False)
    recorded = json.loads((project.site / "a-1.0.dist-info" / "direct_url.json").read_text())
    assert recorded["url"] == typed
    assert left_behind(project.folder) == []
    assert TOKEN not in repr(result) + repr(project.hearer.said)
    assert [change.action for change in project.sync(lock).changes] == ["keep"]


def test_what_pip_recorded_is_recognised(project: Project, server: SimpleIndex) -> None:
    server.serve(f"/{TOKEN}/{A.filename}", A.data)
    lock = f"a @ {server.root}/${{API_TOKEN}}/{A.filename}\n"
    project.sync(lock)
    path = project.site / "a-1.0.dist-info" / "direct_url.json"
    path.write_text(path.read_text().replace("${API_TOKEN}", TOKEN))
    assert [change.action for change in project.sync(lock).changes] == ["keep"]


def test_user_info_is_recorded_as_a_variable_or_not_at_all(project: Project, server: SimpleIndex) -> None:
    server.auth = ("user", TOKEN)
    server.serve(f"/x/{A.filename}", A.data)
    lock = f"a @ http://user:${{API_TOKEN}}@{server.host}/x/{A.filename}\n"
    project.sync(lock)
    assert left_behind(project.folder) == []
    assert [change.action for change in project.sync(lock).changes] == ["keep"]


def test_a_token_in_the_path_of_an_index_is_not_recorded(project: Project, server: SimpleIndex) -> None:
    server.serve(f"/{TOKEN}/files/{A.filename}", A.data)
    page = f'<a href="../../files/{A.filename}#sha256={A.sha256}">{A.filename}</a>'
    server.serve(f"/{TOKEN}/simple/a/", f"<!DOCTYPE html><html><body>{page}</body></html>".encode())
    lock = f"--index-url {server.root}/${{API_TOKEN}}/simple/\na==1.0 --hash=sha256:{A.sha256}\n"
    project.sync(lock, options=IndexOptions())
    recorded = json.loads((project.site / "a-1.0.dist-info" / "provenance_url.json").read_text())
    assert recorded["url"] == f"{server.root}/${{API_TOKEN}}/files/{A.filename}"
    assert left_behind(project.folder / "venv") == []


@pytest.mark.parametrize("status", [404, 500])
def test_a_failure_of_a_sync_shows_the_name(status: int, project: Project, server: SimpleIndex) -> None:
    server.fail_always(f"/{TOKEN}/{A.filename}", Fault(status=status, body=b""))
    lock = f"a @ {server.root}/${{API_TOKEN}}/{A.filename}\n"
    said = project.fails(lock, IndexFailure, "API_TOKEN", options=IndexOptions(retries=0, no_index=True))
    assert TOKEN not in said


@pytest.mark.parametrize(
    "line",
    ["a @ {root}/${{API_TOKEN}}/a.zip", "a b @ {root}/${{API_TOKEN}}/a.zip", "-r {root}/${{API_TOKEN}}/r.txt"],
)
def test_a_failure_of_a_compile_shows_the_name(
    line: str, tmp_path: Path, server: SimpleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = CompileProject(tmp_path, server, monkeypatch)
    run = project.want(line.format(root=server.root)).compile(env={"API_TOKEN": TOKEN})
    assert run.code == 2
    assert TOKEN not in run.err + run.out
    assert "API_TOKEN" in run.err


def test_values_are_hidden_in_any_spelling() -> None:
    variables = Variables(
        {"LONG", "LONGER", "ODD", "SHORT", "UNSET"},
        {"LONG": "secret", "LONGER": "secret-word", "ODD": "a/b c+d&e", "SHORT": "1"},
    )
    text = f"https://h/secret-word/secret?x={quote('a/b c+d&e', safe='')}#a/b c+d&e=1"
    assert variables.hide(text) == "https://h/${LONGER}/${LONG}?x=${ODD}#${ODD}=1"
    error = PiptoolsCloneError("secret", hint="secret-word")
    variables.hide_in(error)
    assert (str(error), error.args) == ("${LONG}\n\nhint: ${LONGER}", ("${LONG}",))


@pytest.mark.parametrize(
    "line",
    [
        "--find-links ./${API_TOKEN}/x",
        "--extra-index-url file:///none/${API_TOKEN}",
        "x @ {root}/${API_TOKEN}/x-1.0.zip",
    ],
)
def test_no_warning_of_a_compile_shows_a_value(
    line: str, tmp_path: Path, server: SimpleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not beside a lock, and not beside the reasons why there is none."""
    server.add(A)
    server.serve(f"/{TOKEN}/x-1.0.zip", make_sdist("x", "1.0", static=False, suffix=".zip").data)
    project = CompileProject(tmp_path, server, monkeypatch)
    for wanted in ("a", "a>1"):
        run = project.want(line.replace("{root}", server.root), wanted).compile(
            "--no-build-isolation", env={"API_TOKEN": TOKEN}
        )
        assert TOKEN not in run.err + run.out
