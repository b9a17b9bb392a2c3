"""The metadata of one index never answers for another, unless its own digest was verified."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from piptools_clone.index.metadata.trust import Trust
from piptools_clone.model.artifact import Artifact
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import Fault, SimpleIndex

GOOD = make_wheel("a", "1.0", requires=["b"])
EVIL = make_wheel("a", "1.0", requires=["evil"])
WHEEL = f"/files/{GOOD.filename}"


@pytest.fixture
def hostile(simple_index: Callable[..., SimpleIndex]) -> SimpleIndex:
    """An index that claims the digests of the good one and has other bytes."""
    made = simple_index()
    made.add(make_wheel("evil", "1.0"))
    return made


@pytest.fixture
def good(index: SimpleIndex) -> SimpleIndex:
    index.add(GOOD)
    for name in ("b", "evil"):
        index.add(make_wheel(name, "1.0"))
    return index


def compile_with_hostile_first(project: Project, hostile: SimpleIndex) -> dict[str, str]:
    """The same cache serves a run with the hostile index, and then one that knows only the good one."""
    project.want("a")
    assert project.compile("--index-url", hostile.url).code in {0, 1, 2}
    project.lock_path.unlink(missing_ok=True)
    return project.compile().pins


@pytest.mark.parametrize("claimed", [{"sha256": GOOD.sha256}, {"md5": "0" * 32}, {}])
@pytest.mark.parametrize("sidecar_hashes", [None, {}, {"md5": "0" * 32}])
def test_a_sidecar_that_nothing_verifies_answers_for_its_index_alone(
    claimed: dict[str, str],
    sidecar_hashes: dict[str, str] | None,
    project: Project,
    good: SimpleIndex,
    hostile: SimpleIndex,
) -> None:
    for each in (good, hostile):
        each.projects.pop("a", None)
    good.add(GOOD, hashes=claimed, sidecar_hashes=sidecar_hashes if sidecar_hashes != {"md5": "0" * 32} else {})
    hostile.add(GOOD, hashes=claimed, sidecar=EVIL.metadata, sidecar_hashes=sidecar_hashes)
    assert compile_with_hostile_first(project, hostile) == {"a": "1.0", "b": "1.0"}


@pytest.mark.parametrize("has_sidecars", [True, False])
def test_byte_ranges_answer_for_their_index_alone(
    has_sidecars: bool, project: Project, good: SimpleIndex, hostile: SimpleIndex
) -> None:
    good.style = good.style._replace(sidecars=has_sidecars)
    hostile.style = hostile.style._replace(sidecars=False)
    hostile.add(EVIL, hashes={"sha256": GOOD.sha256})
    assert compile_with_hostile_first(project, hostile) == {"a": "1.0", "b": "1.0"}


def test_a_sidecar_that_is_claimed_and_not_there_answers_for_its_index_alone(
    project: Project, good: SimpleIndex, hostile: SimpleIndex
) -> None:
    """What was read by ranges instead is not kept as the sidecar of the digest that was claimed."""
    hostile.add(EVIL, hashes={"sha256": GOOD.sha256}, sidecar=GOOD.metadata)
    hostile.fail_always(f"{WHEEL}.metadata", Fault(status=404, body=b""))
    assert compile_with_hostile_first(project, hostile) == {"a": "1.0", "b": "1.0"}


@pytest.mark.parametrize("suffix", ["file", "other"])
def test_one_run_with_both_indexes_reads_each_file_by_its_own_page(
    suffix: str, project: Project, good: SimpleIndex, hostile: SimpleIndex
) -> None:
    """The hostile page names the very address of the good file."""
    hostile.add(GOOD, url=good.file_url(GOOD.filename), sidecar=None)
    run = project.want("a").compile("--extra-index-url", hostile.url)
    assert run.pins == {"a": "1.0", "b": "1.0"}


def test_what_was_built_with_one_index_answers_for_no_other(
    project: Project, good: SimpleIndex, hostile: SimpleIndex
) -> None:
    """A build backend of an index has a say in the metadata of every source that it builds."""
    sdist = make_sdist("c", "1.0", requires=["b"])
    for each in (good, hostile):
        each.add(sdist)
        each.add(make_wheel("b", "2.0"))
    project.want("c")
    assert project.compile("--index-url", hostile.url).pins["c"] == "1.0"
    project.lock_path.unlink()
    again = project.compile("-v")
    assert "Building" in again.err or "build" in again.err.lower()
    project.lock_path.unlink()
    assert "uilding" not in project.compile("-v").err


def test_what_was_verified_answers_for_all(project: Project, good: SimpleIndex, hostile: SimpleIndex) -> None:
    """Two honest indexes of the same files: nothing is fetched twice."""
    hostile.add(GOOD)
    assert compile_with_hostile_first(project, hostile) == {"a": "1.0", "b": "1.0"}
    assert good.count(f"{WHEEL}.metadata") == 0


def test_keys_tell_what_is_verified_from_what_is_said() -> None:
    trust = Trust(lambda url: "unverified" if "lax" in url else "", IndexSettings())
    wheel = Artifact("a-1.0-py3-none-any.whl", "https://h.example/a.whl", source="https://one.example/")
    assert trust.content_key(wheel) == trust.sidecar_key(wheel) == ""
    weak = wheel._replace(hashes=(("md5", "0" * 32),), sidecar=(("sha1", "0" * 40),))
    assert trust.content_key(weak) == trust.sidecar_key(weak) == ""
    strong = weak._replace(hashes=(("md5", "0" * 32), ("sha512", "1" * 128)))
    assert trust.content_key(strong) == trust.content_key(strong._replace(source="https://two.example/")) != ""
    said = [
        trust.said_key(each)
        for each in (
            wheel,
            weak,
            strong,
            wheel._replace(source="https://two.example/"),
            wheel._replace(source="https://lax.example/"),
            wheel._replace(url="https://lax.example/a.whl"),
        )
    ]
    assert len(set(said)) == len(said)


def test_an_archive_by_address_is_known_by_the_way_to_it() -> None:
    """One that was fetched from a server that nothing verified does not answer for the verified one."""
    strict, lax = (Trust(lambda _, word=word: word, IndexSettings()) for word in ("", "unverified"))
    assert strict.address_key("https://h.example/a.zip") != lax.address_key("https://h.example/a.zip")
