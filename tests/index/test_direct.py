"""Direct references: wheels, archives, folders, repositories."""

from __future__ import annotations

import hashlib
import subprocess

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.errors import BuildFailure, HashMismatch, IndexFailure, InputError, MetadataError
from piptools_clone.model.policy import Policy
from piptools_clone.model.requirement import Origin, Requirement
from tests.support.packages import make_sdist, make_wheel, project_files, write_project
from tests.support.simple_index import Fault

STATIC = "[project]\nname = 'my.app'\nversion = '1.0'\ndependencies = ['b']\n"


@pytest.fixture
def read(open_index):
    """Read a direct reference; ``read.announced`` holds the builds."""

    def read_it(url, policy=None, *, offline=False, **facts):
        requirement = Requirement(None, (), SpecifierSet(), Origin("r.in", 1, ""), url=url)._replace(**facts)
        opened = open_index(policy=policy, offline=offline)
        read_it.announced = opened.announced
        return opened.direct(requirement).result(60)

    return read_it


def test_a_local_wheel(read, tmp_path):
    package = make_wheel("my-app", "1.0", requires=["b"])
    url = package.write(tmp_path / "a folder").as_uri()
    found = read(url)
    assert (found.name, found.version, found.url) == ("my-app", Version("1.0"), url)
    assert found.metadata.requires_dist == ("b",)
    assert found.hashes == (("sha256", package.sha256),)


def test_a_remote_wheel_and_its_hashes(read, index):
    package = make_wheel("a", "1.0")
    index.add(package)
    url = index.file_url(package.filename)
    good, bad = f"sha256:{package.sha256}", "sha256:" + "0" * 64
    assert read(url, hashes=(bad, good)).hashes == (("sha256", package.sha256),)
    assert read(f"{url}#sha256={package.sha256}").url.endswith(package.sha256)
    with pytest.raises(HashMismatch):
        read(url, hashes=(bad,))
    with pytest.raises(HashMismatch):
        read(f"{url}#sha256={'0' * 64}")
    strong = "sha512:" + hashlib.sha512(package.data).hexdigest()
    for promise in ("", f"#sha256={package.sha256}"):
        assert read(url + promise, hashes=(bad, strong)).name == "a"
        for wrong in ("sha512:" + "0" * 128, bad):
            with pytest.raises(HashMismatch, match="none of those that are required"):
                read(url + promise, hashes=(wrong,))


def test_the_name_must_be_the_one_that_was_asked_for(open_index, tmp_path):
    url = make_wheel("a", "1.0").write(tmp_path).as_uri()
    with pytest.raises(MetadataError, match="holds a, and not b"):
        open_index().direct_url("b", url).result(10)
    assert open_index().direct_url("a", url).result(10).name == "a"


def test_a_static_archive_is_not_built(read, tmp_path):
    package = make_sdist("a", "1.0", requires=["b"], static=True, fails="never built")
    found = read(package.write(tmp_path).as_uri())
    assert found.metadata.requires_dist == ("b",)
    assert found.hashes == (("sha256", package.sha256),)


def serve(index, requires, suffix=".tar.gz"):
    package = make_sdist("a", "1.0", requires=requires, static=True, suffix=suffix)
    return index.serve(f"/main{suffix}", package.data, "application/gzip"), package.sha256


@pytest.mark.parametrize(
    "validators", [{"etag": True}, {"etag": False, "last_modified": "Thu, 01 Jan 2026 00:00:00 GMT"}]
)
def test_a_remote_archive_is_fetched_again_only_if_it_changed(read, simple_index, validators):
    index = simple_index(compress=False, **validators)
    url, sha256 = serve(index, ["b"])
    for _ in range(2):
        found = read(url)
        assert (found.metadata.requires_dist, found.hashes) == (("b",), (("sha256", sha256),))
    assert [request.status for request in index.requests] == [200, 304]
    _, sha256 = serve(index, ["c"])
    index.last_modified = "Fri, 02 Jan 2026 00:00:00 GMT" if index.last_modified else None
    found = read(url)
    assert (found.metadata.requires_dist, found.hashes) == (("c",), (("sha256", sha256),))
    index.close()
    assert read(url, offline=True).metadata.requires_dist == ("c",)


def test_a_remote_archive_of_which_nothing_is_sure_is_fetched_each_time(read, simple_index):
    """No validator, or no leave to keep it."""
    index = simple_index(etag=False)
    url, _ = serve(index, ["b"])
    for _ in range(2):
        read(url)
    index.etag, index.cache_control = True, "no-store"
    for _ in range(2):
        read(url)
    assert [request.status for request in index.requests] == [200] * 4
    with pytest.raises(IndexFailure, match="not in the cache"):
        read(url, offline=True)


def test_a_weak_validator_tells_nothing_of_the_digest(read, simple_index):
    """An archive that is made on request means the same each time, but may have other bytes."""
    index = simple_index()
    url, sha256 = serve(index, ["b"])
    same = make_sdist("a", "1.0", requires=["b"], static=True).data
    index.fail("/main.tar.gz", Fault(body=same, headers={"ETag": 'W/"1"'}), Fault(status=304, body=b""))
    assert read(url).hashes == (("sha256", sha256),)
    again = read(url)
    assert (again.metadata.requires_dist, again.hashes) == (("b",), ())
    assert index.requests[1].headers["if-none-match"] == 'W/"1"'
    assert read(url, hashes=(f"sha256:{sha256}", "sha256:" + "0" * 64)).hashes == (("sha256", sha256),)
    assert len(index.requests) == 3


def test_a_remote_archive_of_a_given_digest_is_fetched_once(read, simple_index):
    index = simple_index(etag=False)
    url, sha256 = serve(index, ["b"])
    for given in ({"hashes": (f"sha256:{sha256}",)}, {"url": f"{url}#sha256={sha256}"}):
        assert read(**({"url": url} | given)).metadata.requires_dist == ("b",)
    assert len(index.requests) == 1
    with pytest.raises(HashMismatch):
        read(f"{url}#sha256={'0' * 64}")


def test_an_archive_whose_address_does_not_tell_its_kind(read, index):
    url = index.serve("/archive/main", make_sdist("a", "1.0", static=True, suffix=".zip").data, "application/zip")
    assert read(url).name == "a"
    with pytest.raises(InputError, match="neither a wheel nor an archive"):
        read(index.serve("/page", b"hello"))


def test_a_subdirectory_of_an_archive(read, tmp_path):
    inner = project_files("b", "2.0", pyproject=STATIC)
    package = make_sdist("a", "1.0", files={f"pkgs/b/{path}": text for path, text in inner.items()})
    url = package.write(tmp_path).as_uri()
    assert read(url + "#subdirectory=pkgs/b").name == "my-app"
    with pytest.raises(InputError, match="leads out"):
        read(url + "#subdirectory=../b")


@pytest.mark.parametrize("editable", [True, False])
def test_a_static_folder_is_not_built(read, tmp_path, editable):
    folder = write_project(tmp_path / "proj", "my.app", "1.0", pyproject=STATIC, fails="never built")
    found = read(folder.as_uri(), editable=editable)
    assert (found.name, found.version, found.metadata.requires_dist) == ("my-app", Version("1.0"), ("b",))
    assert (found.is_folder, found.editable, found.hashes) == (True, editable, ())
    assert read.announced == []


@pytest.mark.parametrize("editable", [True, False])
def test_a_dynamic_folder_is_built(read, tmp_path, editable):
    folder = write_project(tmp_path / "my proj", "a", "1.0", requires=["b"], extras=["x"])
    found = read(folder.as_uri(), editable=editable)
    assert found.metadata == ("a", "1.0", ("b",), None, ("x",))
    assert len(read.announced) == 1


@pytest.mark.parametrize(
    ("url", "why"), [("file:///no/such/place", "is not there"), ("ftp://h/a-1.0.tar.gz", "no address")]
)
def test_what_cannot_be_read(read, url, why):
    with pytest.raises(InputError, match=why):
        read(url)


def test_a_folder_without_a_project(read, tmp_path):
    with pytest.raises(InputError, match="holds no project: there is neither pyproject"):
        read(tmp_path.as_uri())


def test_a_failure_names_the_line_that_asks(read, tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path.as_uri(), origin=Origin("a.in", 3, ""))
    assert str(caught.value).startswith(f"a.in:3: the folder {tmp_path} holds no project")


def test_a_remote_archive_that_is_not_there(read, index):
    with pytest.raises(IndexFailure) as caught:
        read(index.root + "/files/a-1.0.tar.gz")
    assert caught.value.status == 404


@pytest.fixture
def repository(tmp_path):
    """A repository and its only commit."""
    folder = write_project(tmp_path / "repo", "a", "1.0", requires=["b"])

    def git(*arguments):
        identity = ["-c", "user.name=t", "-c", "user.email=t@idx.example", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, "-C", str(folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    return f"git+{folder.as_uri()}", git("rev-parse", "HEAD")


def test_a_repository(read, repository):
    url, commit = repository
    found = read(f"{url}@main")
    assert (found.name, found.commit, found.is_vcs, found.hashes) == ("a", commit, True, ())
    assert found.metadata.requires_dist == ("b",)
    assert len(read.announced) == 1
    assert read(f"{url}@{commit}").commit == commit
    assert read(f"{url}@{commit}").commit == commit
    assert read.announced == []


def test_a_repository_may_be_forbidden(read, repository):
    with pytest.raises(BuildFailure, match="--no-build"):
        read(repository[0], policy=Policy(no_build=True))
