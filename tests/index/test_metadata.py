"""Metadata by the cheapest way that is there: asserted by what was asked of the index."""

from __future__ import annotations

import os

import pytest

from piptools_clone.errors import BuildFailure, HashMismatch, IndexFailure, MetadataError
from piptools_clone.index.metadata.wheel_range import TAIL
from piptools_clone.model.policy import FormatControl, Policy
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import Package, make_sdist, make_wheel
from tests.support.simple_index import Fault

WHEEL = "/files/a-1.0-py3-none-any.whl"


def big_wheel(**facts):
    """A wheel that does not fit into one range request."""
    return make_wheel("a", "1.0", files={"a.bin": os.urandom(4 * TAIL)}, **facts)


def read(opened, name="a"):
    """What a whole run of one question answers; its cache is written when it ends."""
    with opened:
        project = opened.page(name).result(10)
        return opened.metadata(project.artifacts(0)[0]).result(30)


def asked(index, path):
    return [request.headers.get("range") for request in index.requests if request.path == path]


def test_the_sidecar_comes_first(index, open_index):
    index.add(make_wheel("a", "1.0", requires=["b>=1"], requires_python=">=3.8", extras=["x"]))
    metadata = read(open_index(index))
    assert metadata == ("a", "1.0", ("b>=1",), ">=3.8", ("x",))
    assert index.count(WHEEL) == 0


def test_the_sidecar_is_held_against_its_digest(index, open_index):
    index.add(make_wheel("a", "1.0"), sidecar_hashes={"sha256": "0" * 64})
    with pytest.raises(HashMismatch, match=r"metadata of a-1\.0"):
        read(open_index(index))


@pytest.mark.parametrize("sidecar", [b"Name: a\nVersion: 2.0\n", b"Name: b\nVersion: 1.0\n", b"nothing"])
def test_the_sidecar_is_held_against_the_file_name(index, open_index, sidecar):
    index.add(make_wheel("a", "1.0"), sidecar=sidecar)
    with pytest.raises(MetadataError, match=r"a-1\.0"):
        read(open_index(index))


def test_a_sidecar_that_is_not_there_falls_back_to_ranges(index, open_index):
    index.add(make_wheel("a", "1.0", requires=["b"]))
    index.fail_always(WHEEL + ".metadata", Fault(status=404, body=b""))
    assert read(open_index(index)).requires_dist == ("b",)
    assert asked(index, WHEEL) == [f"bytes=-{TAIL}"]


def test_a_sidecar_that_fails_is_a_failure(index, open_index):
    index.add(make_wheel("a", "1.0"))
    index.fail_always(WHEEL + ".metadata", Fault(status=403, body=b""))
    with pytest.raises(IndexFailure):
        read(open_index(index))


@pytest.mark.parametrize("package", [big_wheel(requires=["b"]), make_wheel("a", "1.0", requires=["b"])])
def test_one_range_nearly_always_suffices(simple_index, open_index, package):
    index = simple_index(sidecars=False, formats=("html",))
    index.add(package)
    assert read(open_index(index)).requires_dist == ("b",)
    assert asked(index, WHEEL) == [f"bytes=-{TAIL}"]


def test_metadata_far_from_the_end_takes_one_more(simple_index, open_index):
    index = simple_index(sidecars=False)
    text = b"Name: a\nVersion: 1.0\nRequires-Dist: b\n\n" + os.urandom(3 * TAIL).hex().encode()
    index.add(make_wheel("a", "1.0", files={}, metadata=text))
    assert read(open_index(index)).requires_dist == ("b",)
    assert 2 <= len(asked(index, WHEEL)) <= 4


def test_a_server_without_ranges_from_the_end(simple_index, open_index):
    index = simple_index(sidecars=False, suffix_ranges=False)
    index.add(big_wheel(requires=["b"]))
    size = len(index.projects["a"][0].data)
    assert read(open_index(index)).requires_dist == ("b",)
    assert asked(index, WHEEL) == [f"bytes=-{TAIL}", "bytes=0-0", f"bytes={size - TAIL}-{size - 1}"]


def test_a_server_without_ranges_is_asked_once_for_them(simple_index, open_index):
    index = simple_index(sidecars=False, ranges=False)
    index.add(big_wheel(requires=["b"]))
    index.add(make_wheel("a", "2.0", files={"a.bin": os.urandom(4 * TAIL)}))
    opened = open_index(index)
    project = opened.page("a").result(10)
    assert opened.metadata(project.artifacts(0)[0]).result(10).requires_dist == ("b",)
    assert opened.metadata(project.artifacts(1)[0]).result(10).version == "2.0"
    assert asked(index, WHEEL) == [f"bytes=-{TAIL}", None]
    assert asked(index, "/files/a-2.0-py3-none-any.whl") == [None]


def test_the_whole_wheel_is_held_against_its_digest(simple_index, open_index):
    index = simple_index(sidecars=False, ranges=False)
    index.add(big_wheel(), hashes={"sha256": "0" * 64})
    with pytest.raises(HashMismatch):
        read(open_index(index))


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        make_wheel("b", "1.0").data,
        make_wheel("a", "1.0", metadata=b"").data,
        make_wheel("a", "1.0").data[:-30],
    ],
)
def test_a_broken_wheel(simple_index, open_index, data):
    index = simple_index(sidecars=False, ranges=True)
    index.add(Package("a-1.0-py3-none-any.whl", data))
    with pytest.raises(MetadataError, match=r"a-1\.0"):
        read(open_index(index))


def test_a_wheel_that_is_listed_and_not_there(simple_index, open_index):
    index = simple_index(sidecars=False)
    index.add(make_wheel("a", "1.0"))
    index.fail_always(WHEEL, Fault(status=404, body=b""))
    with pytest.raises(IndexFailure) as caught:
        read(open_index(index))
    assert caught.value.status == 404


def test_metadata_is_kept_by_content(simple_index, open_index):
    index = simple_index(cache_control="no-store")
    index.add(make_wheel("a", "1.0"))
    read(open_index(index))
    read(open_index(index))
    assert index.count(WHEEL + ".metadata") == 1
    index.projects["a"].clear()
    index.add(make_wheel("a", "1.0", requires=["new"]))
    assert read(open_index(index)).requires_dist == ("new",)


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_a_static_source_distribution_is_not_built(index, open_index, suffix):
    index.add(make_sdist("my-app", "1.0", requires=["b"], static=True, suffix=suffix, fails="never built"))
    opened = open_index(index)
    assert read(opened, "my-app").requires_dist == ("b",)
    assert opened.announced == []


def test_a_static_pyproject_is_not_built(index, open_index):
    pyproject = "[project]\nname = 'a'\ndynamic = ['version']\ndependencies = ['b']\n"
    index.add(make_sdist("a", "1.0", pyproject=pyproject, fails="never built"))
    assert read(open_index(index)).requires_dist == ("b",)


def test_a_source_distribution_of_another_release(index, open_index):
    index.add(make_sdist("a", "1.0", static=True, pkg_info="Metadata-Version: 2.2\nName: a\nVersion: 2.0\n"))
    with pytest.raises(MetadataError, match="another release"):
        read(open_index(index))


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b broken", make_sdist("a", "1.0").data[:200]])
def test_a_broken_source_distribution(index, open_index, data):
    index.add(Package("a-1.0.tar.gz", data))
    with pytest.raises(MetadataError, match="no archive that can be read"):
        read(open_index(index))


def test_a_build_is_the_last_resort_announced_and_kept(index, open_index):
    index.add(make_sdist("my-app", "1.0", requires=["b"], requires_python=">=99"))
    opened = open_index(index)
    assert read(opened, "my-app") == ("my-app", "1.0", ("b",), ">=99", ())
    assert opened.announced == ["building my_app-1.0.tar.gz to read its metadata"]
    again = open_index(index)
    assert read(again, "my-app").requires_dist == ("b",)
    assert again.announced == []


def test_a_failing_build_shows_the_end_of_its_log(index, open_index):
    index.add(make_sdist("a", "1.0", fails="no \x1b[31mcompiler"))
    with pytest.raises(BuildFailure, match=r"could not build a-1\.0") as caught:
        read(open_index(index))
    assert "compiler" in caught.value.log
    assert "\x1b" not in caught.value.log


@pytest.mark.parametrize(
    ("policy", "option"),
    [
        (Policy(no_build=True), "--no-build"),
        (Policy(format_control=FormatControl(only_binary=frozenset({":all:"}))), "--only-binary"),
    ],
)
def test_a_build_may_be_forbidden(index, open_index, policy, option):
    index.add(make_sdist("a", "1.0"))
    opened = open_index(index, policy=policy)
    with pytest.raises(BuildFailure, match=option):
        read(opened)
    assert opened.announced == []


def test_what_was_built_of_a_local_archive_is_kept_by_its_content(index, open_index, tmp_path):
    """A folder of archives promises no digests: the same name may be another archive tomorrow."""
    settings = IndexSettings(find_links=(str(tmp_path / "links"),))
    for requires, builds in ((["b"], 1), (["b"], 0), (["c"], 1)):
        make_sdist("a", "1.0", requires=requires).write(tmp_path / "links")
        opened = open_index(settings=settings)
        assert read(opened).requires_dist == tuple(requires)
        assert len(opened.announced) == builds
