"""What a foreign release requires by plain http could be anybody's: it is not followed without a digest of it."""

from __future__ import annotations

import pytest

from piptools_clone.errors import MetadataError
from piptools_clone.index.metadata.trust import Trust
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_wheel, write_project
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

COMMIT = "c0ffee" * 6 + "c0de"
SHA256 = "#sha256=" + "ab" * 32


def refused(url: str, *trusted: str) -> bool:
    settings = IndexSettings(("https://idx.example/simple",), trusted_hosts=trusted)
    try:
        Trust(lambda _: "", settings).refuse_open_reference(url, "a 1.0")
    except MetadataError as error:
        assert "s3cret" not in str(error)
        return True
    return False


@pytest.mark.parametrize(
    "url",
    [
        "http://h.example/x-1.0.zip",
        "HTTP://me:s3cret@h.example/x-1.0.zip",
        "http://h.example/x-1.0.zip#md5=" + "ab" * 16,
        "http://h.example/x-1.0.zip#subdirectory=a",
        "git+http://h.example/x.git",
        "git+http://h.example/x.git@main",
        "git+http://h.example/x.git@" + COMMIT[:-1],
        "git+git://h.example/x.git",
        "hg+http://h.example/x",
        "hg+static-http://h.example/x",
        "svn+http://h.example/x",
        "svn+svn://h.example/x@12",
        "bzr+ftp://h.example/x",
        "bzr+http://h.example/x@" + COMMIT,
    ],
)
def test_what_anybody_on_the_way_could_replace_is_not_followed(url: str) -> None:
    assert refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/x-1.0.zip",
        "http://h.example/x-1.0.zip" + SHA256,
        "http://h.example/x-1.0.zip#subdirectory=a&" + SHA256[1:],
        "http://127.0.0.1:8000/x-1.0.zip",
        "git+https://h.example/x.git",
        "git+ssh://git@h.example/x.git",
        "git+http://h.example/x.git@" + COMMIT,
        "hg+http://h.example/x@" + COMMIT,
        "git+http://localhost/x.git",
    ],
)
def test_what_is_secure_or_held_against_a_digest_is_followed(url: str) -> None:
    assert not refused(url)


def test_a_trusted_host_is_the_word_of_the_user() -> None:
    assert not refused("http://h.example/x.zip", "h.example")
    assert not refused("git+http://h.example:81/x.git", "h.example:81")
    assert refused("git+http://h.example:82/x.git", "h.example:81")


def test_a_release_of_an_index_is_refused_and_a_project_of_the_user_is_not(
    project: Project, index: SimpleIndex
) -> None:
    """The address leads nowhere: what is refused is not asked for at all."""
    url = "http://h.invalid/x-1.0-py3-none-any.whl"
    index.add(make_wheel("a", "1.0", requires=[f"x @ {url}"]))
    run = project.want("a").compile()
    assert (run.code, run.lock) == (2, None)
    assert f"a 1.0 requires {url}" in run.err
    assert "plain http" in run.err
    write_project(project.folder / "own", "own", "1.0", requires=[f"x @ {url}"])
    run = project.want("./own").compile("--no-build-isolation")
    assert "plain http" not in run.err
    assert "h.invalid" in run.err
