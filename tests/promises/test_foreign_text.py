"""What an index or a path says cannot steer a terminal, forge a line or eat the machine (promises 18 to 20)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.support.index_pages import JSON_TYPE
from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import Fault, SimpleIndex

STEERING = "\x1b[2J\x1b]0;owned\x07\r\n\u202eevil\u2028 \x9b31m"


def assert_inert(*texts: str) -> None:
    """No control character but newline and tab, none that turns the direction of text or breaks lines."""
    for text in texts:
        odd = [char for char in text if (ord(char) < 0x20 and char not in "\n\t") or 0x7F <= ord(char) < 0xA0]
        assert not odd, text
        assert not set(text) & set("\u202e\u202d\u2066\u2067\u2028\u2029\u200b"), text


def page(*files: dict[str, object], **more: object) -> Fault:
    """A JSON page of these files."""
    body = json.dumps({"meta": {"api-version": "1.4"}, "name": "a", "files": list(files), **more}).encode()
    return Fault(body=body, headers={"Content-Type": JSON_TYPE})


def test_the_reason_of_a_yanked_release(project: Project, index: SimpleIndex) -> None:
    """Promise 18."""
    index.add(make_wheel("a", "1.0"), yanked=STEERING)
    chosen = project.want("a==1.0").compile("-v")
    refused = project.want("a>=1").compile("-v", "--upgrade")
    assert (chosen.code, refused.code) == (0, 1)
    assert "evil" in refused.err
    assert_inert(chosen.err, refused.err, (chosen.lock or b"").decode())


@pytest.mark.parametrize(
    "entry",
    [
        {"filename": f"a-1.0{STEERING}-py3-none-any.whl", "url": "a-1.0-py3-none-any.whl", "hashes": {}},
        {"filename": "a-1.0-py3-none-any.whl", "url": f"http://x{STEERING}/a", "hashes": {}},
        {"filename": "../../a-1.0-py3-none-any.whl", "url": "a.whl", "hashes": {}},
        {"filename": "a-1.0-py3-none-any.whl", "url": "file:///etc/passwd", "hashes": {}},
        {
            "filename": "a-1.0-py3-none-any.whl",
            "url": "a.whl",
            "hashes": {"sha256": f"x\n--index-url http://evil{STEERING}"},
        },
        {"filename": "a-1.0-py3-none-any.whl", "url": "a.whl", "hashes": {}, "requires-python": STEERING},
    ],
    ids=["name", "address", "parents", "local", "digest", "python"],
)
def test_entries_of_a_page(entry: dict[str, object], project: Project, index: SimpleIndex) -> None:
    """Promise 18: whatever comes of it, it is said plainly, and the lock holds nothing of it."""
    index.fail_always("/simple/a/", page(entry))
    run = project.want("a").compile("-v", "--generate-hashes", env={"PIP_RETRIES": "0"})
    assert run.code in {1, 2}
    assert run.lock is None
    assert_inert(run.err, run.out)


@pytest.mark.parametrize("field", ["Requires-Dist", "Name", "Requires-Python", "Provides-Extra"])
def test_fields_of_metadata(field: str, project: Project, index: SimpleIndex) -> None:
    """Promise 18."""
    odd = STEERING.replace("\r\n", "")
    fields = {"Metadata-Version": "2.1", "Name": "a", "Version": "1.0"} | {field: f"b{odd}"}
    index.add(make_wheel("a", "1.0", metadata="".join(f"{name}: {value}\n" for name, value in fields.items())))
    run = project.want("a").compile("-v")
    assert run.code in {0, 1}
    assert_inert(run.err, run.out, (run.lock or b"").decode())


def test_the_output_of_a_build(project: Project, index: SimpleIndex) -> None:
    """Promise 18."""
    from tests.support.packages import make_sdist

    index.add(make_sdist("a", "1.0", fails=f"compiler says{STEERING}"))
    run = project.want("a").compile("-v")
    assert run.code in {1, 2}
    assert_inert(run.err)


def test_a_long_text_is_cut(project: Project, index: SimpleIndex) -> None:
    """Promise 18."""
    index.add(make_wheel("a", "1.0"), yanked="x" * 100_000)
    assert len(project.want("a").compile().err) < 3000


def test_the_body_of_an_error(project: Project, index: SimpleIndex) -> None:
    """Promise 18: and its headers."""
    index.fail_always("/simple/a/", Fault(status=403, body=STEERING.encode(), headers={"Content-Type": "text/plain"}))
    run = project.want("a").compile("-v")
    assert run.code == 2
    assert_inert(run.err)


@pytest.mark.parametrize("place", ["input", "output", "include"])
def test_a_path_with_a_control_character_is_refused(place: str, project: Project) -> None:
    """Promise 19: it could forge lines of the lock."""
    odd = "in\nevil==1.0"
    if place == "input":
        project.write(f"{odd}.in", "a")
        args: tuple[str, ...] = (f"{odd}.in", "-o", "out.txt")
    elif place == "output":
        args = ("-o", odd)
        project.want("a")
    else:
        args = ()
        project.want("-r in\x1bevil.in")
        project.write("in\x1bevil.in", "a")
    run = project.compile(*args)
    assert run.code == 2
    assert "control character" in run.err
    assert_inert(run.err)
    assert project.index.paths == []


# bounds


def test_a_page_beyond_its_bound(project: Project, index: SimpleIndex) -> None:
    """Promise 20: a small answer that unpacks to more than 64 MiB."""
    bomb = gzip.compress(b" " * (65 << 20), 1)
    index.fail_always("/simple/a/", Fault(body=bomb, headers={"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"}))
    run = project.want("a").compile()
    assert run.code == 2
    assert "64 MiB" in run.err
    assert index.host in run.err


def test_includes_beyond_their_bound(project: Project) -> None:
    """Promise 20: a chain of a hundred files, and a circle."""
    for number in range(120):
        project.write(f"r{number}.in", f"-r r{number + 1}.in")
    project.write("r120.in", "a")
    run = project.compile("r0.in", "-o", "out.txt")
    assert run.code == 2
    assert "100" in run.err
    project.write("r1.in", "-r r0.in")
    circle = project.compile("r0.in", "-o", "out.txt")
    assert circle.code == 2
    assert "r0.in" in circle.err
    assert "r1.in" in circle.err


def test_a_file_that_is_included_often_is_read_once(project: Project, index: SimpleIndex) -> None:
    """Promise 20: no blow-up of 2 to the power of 30."""
    index.add(make_wheel("a", "1.0"))
    for number in range(30):
        project.write(f"r{number}.in", f"-r r{number + 1}.in", f"-r r{number + 1}.in")
    project.write("r30.in", "a")
    assert project.compile("r0.in", "-o", "requirements.txt").pins == {"a": "1.0"}


def test_a_marker_beyond_its_bound(project: Project, index: SimpleIndex) -> None:
    """Promise 20: parentheses that would exhaust the stack, in an input and in metadata."""
    deep = "(" * 5000 + "os_name == 'posix'" + ")" * 5000
    index.add(make_wheel("a", "1.0", requires=[f"b; {deep}"]))
    assert project.want("a").compile().code == 1
    run = project.want(f"a; {deep}").compile()
    assert run.code == 2
    assert "requirements.in:1" in run.err
    assert len(run.err) < 2000


def test_a_version_beyond_its_bound(project: Project, index: SimpleIndex) -> None:
    """Promise 20."""
    long = "1" * 600
    index.fail_always("/simple/a/", page({"filename": f"a-{long}-py3-none-any.whl", "url": "a.whl", "hashes": {}}))
    run = project.want("a").compile()
    assert run.code == 1
    assert len(run.err) < 2000


def test_an_extra_is_visited_once(project: Project, index: SimpleIndex) -> None:
    """Promise 20: extras that lead to each other."""
    requires = ['a[y]; extra == "x"', 'a[x]; extra == "y"', 'a[x,y]; extra == "y"']
    index.add(make_wheel("a", "1.0", requires=requires, extras=["x", "y"]))
    assert project.want("a[x]").compile().pins == {"a": "1.0"}


def test_nothing_is_written_outside(project: Project, index: SimpleIndex) -> None:
    """Promise 18: file names of an index never become paths."""
    before = set(project.root.iterdir())
    index.fail_always(
        "/simple/a/", page({"filename": "a-1.0-py3-none-any.whl", "url": "../../../../../escape", "hashes": {}})
    )
    project.want("a").compile("--generate-hashes", env={"PIP_RETRIES": "0"})
    assert set(project.root.iterdir()) == before
    assert not Path("/escape").exists()
