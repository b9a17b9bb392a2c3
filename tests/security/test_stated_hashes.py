"""Every hash that is stated is verified, or what states it is refused; by one rule for compile and sync."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from piptools_clone.errors import HashMismatch, IndexFailure, InputError
from piptools_clone.index.metadata.directs import archive_at
from piptools_clone.model.index_options import IndexOptions
from tests.support.packages import Package, make_sdist, make_wheel, write_project
from tests.support.project import Project as CompileProject
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project

A = make_wheel("a", "1.0")
OTHER = make_wheel("a", "1.0", files={"other.py": "x = 1\n"})
ALL = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def server() -> Iterator[SimpleIndex]:
    with closing(SimpleIndex()) as made:
        yield made


def digest(algorithm: str, package: Package = A) -> str:
    return hashlib.new(algorithm, package.data).hexdigest()


def address(server: SimpleIndex, package: Package = A) -> str:
    return server.serve(f"/x/{package.filename}", package.data)


@pytest.mark.parametrize("algorithm", ALL)
def test_a_digest_in_an_address_is_verified_by_a_sync(algorithm: str, project: Project, server: SimpleIndex) -> None:
    url = address(server)
    project.fails(f"a @ {url}#{algorithm}={digest(algorithm, OTHER)}\n", HashMismatch, algorithm)
    assert project.sync(f"a @ {url}#{algorithm}={digest(algorithm).upper()}\n").changes[0].action == "add"


@pytest.mark.parametrize("algorithm", ALL)
def test_a_digest_in_an_address_is_verified_though_the_wheel_is_in_the_cache(
    algorithm: str, project: Project, server: SimpleIndex
) -> None:
    """The cache knows wheels by their SHA-256 alone."""
    url = address(server)
    project.sync(f"a @ {url}#sha256={A.sha256}\n")
    project.sync("", allow_empty=True)
    wrong = "0" * len(digest(algorithm))
    project.fails(f"a @ {url}#sha256={A.sha256}&{algorithm}={wrong}\n", HashMismatch, "digest")


def test_both_the_address_and_the_options_hold(project: Project, server: SimpleIndex) -> None:
    url = address(server)
    for fragment, option in ((A, OTHER), (OTHER, A)):
        line = f"a @ {url}#sha512={digest('sha512', fragment)} --hash=sha384:{digest('sha384', option)}\n"
        project.fails(line, HashMismatch, "digest")
    project.sync(f"a @ {url}#sha512={digest('sha512')} --hash=sha384:{digest('sha384')}\n")


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224"])
def test_a_weak_digest_does_not_identify_a_file(algorithm: str, project: Project, server: SimpleIndex) -> None:
    line = f"a @ {address(server)}#{algorithm}={digest(algorithm)}\n"
    project.fails(line, InputError, "Hashes are required", require_hashes=True)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_strong_digest_identifies_a_file(algorithm: str, project: Project, server: SimpleIndex) -> None:
    project.sync(f"a @ {address(server)}#{algorithm}={digest(algorithm)}\n", require_hashes=True)
    assert project.names() == ["a==1.0"]


@pytest.mark.parametrize("text", ["#sha256=abc", "#SHA256=" + "0" * 64, "#sha512=" + "g" * 128])
def test_what_is_no_digest_is_refused(text: str, project: Project, server: SimpleIndex) -> None:
    project.fails(f"a @ {address(server)}{text}\n", InputError, "requirements.txt:1")
    if text.islower():
        with pytest.raises(InputError, match="is no digest"):
            archive_at(f"https://h.example/a.zip{text}")


@pytest.mark.parametrize("where", ["fragment", "option"])
@pytest.mark.parametrize("kind", ["folder", "checkout"])
def test_a_hash_of_what_has_none_is_refused(
    kind: str, where: str, project: Project, tmp_path: Path, server: SimpleIndex
) -> None:
    source = write_project(tmp_path / "source", "b", "1.0")
    url = source.as_uri() if kind == "folder" else f"git+{source.as_uri()}"
    line = f"b @ {url}" + (f"#sha256={'0' * 64}" if where == "fragment" else f" --hash=sha256:{'0' * 64}")
    project.fails(f"{line}\n", InputError, "has none")
    project.fails(f"{line}\n", InputError, "has none", require_hashes=False)


def test_a_folder_where_hashes_are_required_is_refused(project: Project, tmp_path: Path) -> None:
    source = write_project(tmp_path / "source", "b", "1.0")
    for line in (f"b @ {source.as_uri()}\n", f"-e {source}\n", f"git+{source.as_uri()}#egg=b\n"):
        project.fails(line, InputError, "Hashes are required", require_hashes=True)


@pytest.mark.parametrize("kind", ["folder", "checkout"])
def test_compile_refuses_a_hash_of_what_has_none(kind: str, tmp_path_factory: pytest.TempPathFactory, request) -> None:
    project: CompileProject = request.getfixturevalue("compile_project")
    source = write_project(project.root / "source", "b", "1.0")
    url = source.as_uri() if kind == "folder" else f"git+{source.as_uri()}"
    run = project.want(f"b @ {url}#sha256={'0' * 64}").compile()
    assert (run.code, run.lock) == (2, None)
    assert "requirements.in:1" in run.err
    assert "has none" in run.err


@pytest.fixture
def compile_project(
    tmp_path_factory: pytest.TempPathFactory, server: SimpleIndex, monkeypatch: pytest.MonkeyPatch
) -> CompileProject:
    return CompileProject(tmp_path_factory.mktemp("compile"), server, monkeypatch)


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_a_digest_that_the_page_does_not_give_is_verified_in_every_cache(
    algorithm: str, project: Project, server: SimpleIndex
) -> None:
    """The page gives SHA-256: a wheel of the cache by that name is not taken for what the lock states."""
    server.add(A)
    options = IndexOptions(index_url=server.url)
    project.sync(f"a==1.0 --hash=sha256:{A.sha256}\n", options=options)
    project.sync("", allow_empty=True)
    project.fails(f"a==1.0 --hash={algorithm}:{digest(algorithm, OTHER)}\n", HashMismatch, "digest", options=options)
    right = f"a==1.0 --hash={algorithm}:{digest(algorithm)}\n"
    project.sync(right, options=options)
    assert project.names() == ["a==1.0"]
    project.sync("", allow_empty=True)
    before = len(server.requests)
    project.sync(right, options=options)
    assert len(server.requests) == before, "what was verified once is remembered for these very hashes"


def test_what_is_installed_is_held_against_digests_of_any_algorithm(project: Project, server: SimpleIndex) -> None:
    """A file that is known by its SHA-256 is fetched anew for a lock of SHA-512; then both are recorded."""
    server.add(A)
    options = IndexOptions(index_url=server.url)
    lock = f"a==1.0 --hash=sha512:{digest('sha512')}\n"
    project.sync(f"a==1.0 --hash=sha256:{A.sha256}\n", options=options)
    project.fails(f"a==1.0 --hash=sha512:{digest('sha512', OTHER)}\n", HashMismatch, "digest", options=options)
    assert [change.action for change in project.sync(lock, options=options).changes] == ["replace"]
    recorded = json.loads((project.site / "a-1.0.dist-info" / "provenance_url.json").read_text())
    assert recorded["archive_info"]["hashes"] == {"sha256": A.sha256, "sha512": digest("sha512")}
    for again in (lock, f"a==1.0 --hash=sha256:{A.sha256}\n"):
        assert [change.action for change in project.sync(again, options=options).changes] == ["keep"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('a==1.0 ; python_version >= "3"', 'a==1.0 ; python_version >= "3.1"'),
        ('a==1.0 ; python_version >= "3"', "a==1.0"),
        ("a>=1", 'a==1.0 ; python_version >= "3"'),
        ('a>=1 ; python_version >= "3"', 'a==1.0 ; python_version >= "3"'),
    ],
)
def test_markers_make_no_hash_weaker(
    first: str, second: str, compile_project: CompileProject, server: SimpleIndex
) -> None:
    """Only lines that pin different versions, and so never hold together, state hashes each for itself."""
    server.add(A)
    compile_project.write("constraints.txt", f"{first} --hash=sha256:{A.sha256}")
    run = compile_project.want(f"{second} --hash=sha256:{OTHER.sha256}").compile("-c", "constraints.txt", "--universal")
    assert (run.code, run.lock) == (2, None)
    assert "no hash in common" in run.err


@pytest.mark.parametrize("algorithm", ["md5", "sha512"])
def test_an_installed_archive_is_held_against_digests_of_any_algorithm(
    algorithm: str, project: Project, server: SimpleIndex
) -> None:
    url = address(server)
    lock = f"a @ {url}#{algorithm}={digest(algorithm)}\n"
    project.sync(f"a @ {url}\n")
    project.fails(f"a @ {url}#{algorithm}={digest(algorithm, OTHER)}\n", HashMismatch, "digest")
    assert [change.action for change in project.sync(lock).changes] == ["replace"]
    assert [change.action for change in project.sync(lock).changes] == ["keep"]


def test_hashes_of_constraints_hold(project: Project, server: SimpleIndex) -> None:
    """As in pip: a file is one of those that every line admits."""
    server.add(A)
    options = IndexOptions(index_url=server.url)
    constraints = project.folder / "constraints.txt"
    constraints.write_text(f"a==1.0 --hash=sha256:{OTHER.sha256}\n")
    project.fails(
        "-c constraints.txt\na==1.0\n", IndexFailure, "none of its files has a required hash", options=options
    )
    server.style = server.style._replace(hashes=())
    project.fails("-c constraints.txt\na==1.0\n", HashMismatch, "digest", options=options, cache_dir=None)
    both = f"-c constraints.txt\na==1.0 --hash=sha256:{A.sha256}\n"
    project.fails(both, InputError, "no hash in common", options=options)
    constraints.write_text(f"a==1.0 --hash=sha256:{OTHER.sha256} --hash=sha256:{A.sha256}\n")
    project.sync(both, options=options)
    assert project.names() == ["a==1.0"]


def test_hashes_of_constraints_require_hashes_of_all(project: Project, server: SimpleIndex) -> None:
    constraints = project.folder / "constraints.txt"
    constraints.write_text(f"a==1.0 --hash=sha256:{A.sha256}\n")
    project.fails("-c constraints.txt\na==1.0\nb==1.0\n", InputError, "Hashes are required")


def test_two_locks_admit_what_both_admit(project: Project, server: SimpleIndex) -> None:
    server.add(A)
    (project.folder / "more.txt").write_text(f"a==1.0 --hash=sha256:{A.sha256}\n")
    lock = f"-r more.txt\na==1.0 --hash=sha256:{OTHER.sha256}\n"
    project.fails(lock, InputError, "no hash in common")


def test_compile_keeps_to_hashes_of_constraints(compile_project: CompileProject, server: SimpleIndex) -> None:
    server.add(A)
    server.add(make_wheel("a", "0.9"))
    compile_project.write("constraints.txt", f"a --hash=sha256:{make_wheel('a', '0.9').sha256}")
    assert compile_project.want("a").compile("-c", "constraints.txt").pins == {"a": "0.9"}


def test_compile_holds_a_file_against_stated_hashes_that_its_page_does_not_tell(
    compile_project: CompileProject, server: SimpleIndex
) -> None:
    server.add(A)
    server.style = server.style._replace(hashes=())
    run = compile_project.want(f"a==1.0 --hash=sha256:{OTHER.sha256}").compile("--generate-hashes")
    assert (run.code, run.lock) == (2, None)
    assert "hash" in run.err
    assert compile_project.want(f"a==1.0 --hash=sha256:{A.sha256}").compile("--generate-hashes").pins == {"a": "1.0"}


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
@pytest.mark.parametrize("told", [("sha256",), ("md5",), ()], ids=["sha256", "md5", "nothing"])
def test_compile_holds_a_file_against_a_stated_digest_of_an_algorithm_that_its_page_does_not_tell(
    told: tuple[str, ...], algorithm: str, compile_project: CompileProject, server: SimpleIndex
) -> None:
    """The page tells the SHA-256 that goes into the lock, and is no proof that it is of the file that is stated."""
    server.add(A)
    server.style = server.style._replace(hashes=told)
    for old in (b"", f"a==1.0 --hash=sha256:{A.sha256}\n".encode()):
        (compile_project.folder / "requirements.txt").write_bytes(old)
        run = compile_project.want(f"a==1.0 --hash={algorithm}:{digest(algorithm, OTHER)}").compile("--generate-hashes")
        assert (run.code, run.lock) == (2, old)
        assert "hash" in run.err
    run = compile_project.want(f"a==1.0 --hash={algorithm}:{digest(algorithm)}").compile("--generate-hashes")
    assert run.pins == {"a": "1.0"}
    assert f"--hash=sha256:{A.sha256}".encode() in (run.lock or b"")


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_a_lock_with_hashes_of_another_algorithm_is_not_made_anew_for_other_files(
    algorithm: str, compile_project: CompileProject, server: SimpleIndex
) -> None:
    """What was locked with hashes is never replaced silently, whatever made the lock."""
    server.add(A)
    lock = compile_project.folder / "requirements.txt"
    lock.write_text(f"a==1.0 --hash={algorithm}:{digest(algorithm, OTHER)}\n")
    run = compile_project.want("a").compile("--generate-hashes")
    assert run.code == 2
    assert "hash" in run.err
    assert compile_project.compile("--generate-hashes", "--upgrade-package", "a").pins == {"a": "1.0"}
    lock.write_text(f"a==1.0 --hash={algorithm}:{digest(algorithm)}\n")
    assert f"--hash=sha256:{A.sha256}".encode() in (compile_project.compile("--generate-hashes").lock or b"")


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("told", [("sha256",), ()], ids=["told", "not told"])
def test_a_lock_admits_no_file_that_the_input_does_not(
    told: tuple[str, ...], algorithm: str, compile_project: CompileProject, server: SimpleIndex
) -> None:
    """Another file of the same release, which the index may have got since, is none of those that were stated."""
    sdist = make_sdist("a", "1.0", static=True)
    server.add(A)
    server.add(sdist)
    server.style = server.style._replace(hashes=told)
    run = compile_project.want(f"a==1.0 --hash={algorithm}:{digest(algorithm)}").compile("--generate-hashes")
    assert run.pins == {"a": "1.0"}
    assert re.findall(rb"sha256:(\w+)", run.lock or b"") == [A.sha256.encode()]


def test_compile_refuses_lines_without_a_hash_in_common(compile_project: CompileProject, server: SimpleIndex) -> None:
    server.add(A)
    compile_project.write("constraints.txt", f"a --hash=sha256:{A.sha256}")
    run = compile_project.want(f"a==1.0 --hash=sha256:{OTHER.sha256}").compile("-c", "constraints.txt")
    assert (run.code, run.lock) == (2, None)
    assert "no hash in common" in run.err


@pytest.mark.parametrize("algorithm", ["md5", "sha512"])
def test_compile_verifies_every_digest_of_an_address_that_it_knows_by_one(
    algorithm: str, compile_project: CompileProject, server: SimpleIndex
) -> None:
    url = f"{address(server)}#sha256={A.sha256}"
    assert compile_project.want(f"a @ {url}").compile().code == 0
    both = f"a @ {url}&{algorithm}={digest(algorithm, OTHER)}"
    for line in (both, f"{both} --hash=sha256:{A.sha256}"):
        run = compile_project.want(line).compile()
        assert run.code == 2
        assert algorithm in run.err


def test_a_digest_in_the_address_of_a_constraint_holds(project: Project, server: SimpleIndex) -> None:
    url = address(server)
    (project.folder / "constraints.txt").write_text(f"a @ {url}#sha256={OTHER.sha256}\n")
    project.fails(f"-c constraints.txt\na @ {url}\n", HashMismatch, "digest")
