"""What a lock says of files and metadata is true (promises 6 to 8)."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import Fault, SimpleIndex

OLD = ("--generate-hashes", "--strip-extras", "--cache-dir", "cache-1")
NEW = ("--generate-hashes", "--strip-extras", "--cache-dir", "cache-2")


def hashes(lock: bytes | None) -> set[str]:
    return {word.removeprefix("--hash=sha256:") for word in (lock or b"").decode().split() if "sha256" in word}


@pytest.mark.parametrize("given", [("sha256",), ("md5",), (), ("sha512", "sha256")])
def test_every_file_of_a_pin_is_hashed(given: tuple[str, ...], project: Project, index: SimpleIndex) -> None:
    """Promise 6: as the page says, or of the fetched file."""
    files = [make_wheel("a", "1.0"), make_wheel("a", "1.0", tag="cp27-cp27m-win32"), make_sdist("a", "1.0")]
    for file in files:
        index.add(file)
    index.style = index.style._replace(hashes=given)
    assert hashes(project.want("a").compile(*OLD).lock) == {file.sha256 for file in files}
    fetched = {path for path in index.paths if path.startswith("/files/") and not path.endswith(".metadata")}
    assert bool(fetched) == ("sha256" not in given)


@pytest.mark.parametrize("algorithm", ["md5", "sha512", "sha256"])
def test_an_archive_by_address_is_hashed_whatever_its_address_promises(
    algorithm: str, project: Project, index: SimpleIndex
) -> None:
    """Promise 6: and nothing but SHA-256 is written, as pip-tools does it; pip takes no --hash=md5."""
    file = make_wheel("a", "1.0")
    index.add(file)
    url = f"{index.file_url(file.filename)}#{algorithm}={hashlib.new(algorithm, file.data).hexdigest()}"
    lock = (project.want(f"a @ {url}").compile("--no-header", "--no-emit-options", *OLD).lock or b"").decode()
    assert lock == f"a @ {url} \\\n    --hash=sha256:{file.sha256}\n    # via -r requirements.in\n"


def test_an_archive_that_may_have_other_bytes_is_hashed_anew(project: Project, index: SimpleIndex) -> None:
    """Promise 6: its server says that it means the same, which is enough for its metadata only."""
    files = [make_sdist("a", "1.0", static=True, files={"a.py": text}) for text in "xy"]
    weak = {"ETag": 'W/"1"'}
    url = index.serve("/a.tar.gz", files[0].data)
    index.fail("/a.tar.gz", *(Fault(body=file.data, headers=weak) for file in files[:1]), Fault(status=304, body=b""))
    args = ("--no-header", "--no-emit-options", *OLD)
    project.want(f"a @ {url}")
    assert hashes(project.compile(*args).lock) == {files[0].sha256}
    index.fail("/a.tar.gz", Fault(body=files[1].data, headers=weak))
    assert hashes(project.compile(*args).lock) == {files[1].sha256}


def test_fetched_bytes_are_held_against_the_page(project: Project, index: SimpleIndex) -> None:
    """Promise 6: a file of other bytes than the page says is no file to hash."""
    index.add(make_wheel("a", "1.0"), hashes={"md5": "0" * 32})
    run = project.want("a").compile(*OLD)
    assert (run.code, run.lock) == (2, None)
    assert "a-1.0-py3-none-any.whl" in run.err


def test_unchanged_pins_keep_their_hashes(project: Project, index: SimpleIndex) -> None:
    """Promise 7: a file that came later is not taken in unasked."""
    index.add(make_wheel("a", "1.0"))
    first = project.want("a").compile(*OLD)
    index.add(make_sdist("a", "1.0"))
    assert project.compile(*NEW).lock == first.lock
    assert len(hashes(project.compile(*NEW, "--upgrade-package", "a").lock)) == 2


def test_another_file_under_the_same_name_is_said(project: Project, index: SimpleIndex) -> None:
    """Promise 7: unless that package is being upgraded."""
    index.add(make_wheel("a", "1.0"))
    first = project.want("a").compile(*OLD)
    other = make_wheel("a", "1.0", files={"evil.py": "x = 1\n"})
    index.projects["a"].clear()
    index.add(other)
    run = project.compile(*NEW)
    assert (run.code, run.lock) == (2, first.lock)
    assert "re-uploaded" in run.err
    assert "a==1.0" in run.err
    assert "--upgrade-package a" in run.err
    assert hashes(project.compile(*NEW, "-P", "a").lock) == {other.sha256}


def test_one_of_several_files_was_uploaded_again(project: Project, index: SimpleIndex) -> None:
    """Promise 7: the wheel is as it was, the source distribution of the same name is not."""
    index.add(make_wheel("a", "1.0"))
    index.add(make_sdist("a", "1.0"))
    project.want("a").compile(*OLD)
    index.projects["a"].pop()
    index.add(make_sdist("a", "1.0", requires=["other"]))
    run = project.compile(*NEW)
    assert run.code == 0, "the lock keeps the old hashes, so that the other file cannot be installed from it"


def test_a_sidecar_of_other_bytes_is_refused(project: Project, index: SimpleIndex) -> None:
    """Promise 8."""
    index.add(make_wheel("a", "1.0"), sidecar_hashes={"sha256": "0" * 64})
    run = project.want("a").compile(*OLD)
    assert (run.code, run.lock) == (2, None)
    assert "the metadata of a-1.0-py3-none-any.whl" in run.err


@pytest.mark.parametrize(("name", "version"), [("b", "1.0"), ("a", "2.0")])
def test_metadata_of_something_else_is_broken(name: str, version: str, project: Project, index: SimpleIndex) -> None:
    """Promise 8: Name and Version against the file name; such a release is passed over, with the reason."""
    lying = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    index.add(make_wheel("a", "1.0", metadata=lying))
    run = project.want("a").compile(*OLD)
    assert (run.code, run.lock) == (1, None)
    assert "a 1.0 has broken metadata" in run.err


def test_a_file_of_another_project_is_no_file_of_this_one(project: Project, index: SimpleIndex) -> None:
    """Promise 8: the file name against the page."""
    index.add(make_wheel("b", "9.0"), project="a")
    index.add(make_wheel("a", "1.0"))
    assert project.want("a").compile(*OLD).pins == {"a": "1.0"}
