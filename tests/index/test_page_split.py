"""A page that is only split holds what a page that is read does."""

from __future__ import annotations

import json
import tracemalloc
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from piptools_clone.errors import IndexFailure
from piptools_clone.index.pages.compact_page import dump_page, load_page
from piptools_clone.index.pages.page import read_page
from piptools_clone.index.pages.page_request import JSON_TYPE
from piptools_clone.index.pages.page_split import Sought, split_newest, split_page

URL = "https://idx.example/simple/my-app/"
READERS = [split_page, partial(split_page, part=1), partial(split_page, part=500)]
"""Of a whole page, and of parts: one entry or some."""

readers = pytest.mark.parametrize("read", READERS, ids=["whole", "entries", "parts"])

FILENAMES = st.sampled_from(
    [
        "my_app-1.0-py3-none-any.whl",
        "My.App-1.0-cp312-cp312-win32.whl",
        "my_app-1.0.0-1build-py3-none-any.whl",
        "my_app-1.0.tar.gz",
        "my-app-1.0.tar.gz",
        "my_app-2.0rc1.zip",
        "my_app-1!3.0+local.1.tar.gz",
        "my_app-1.0.post2-py2.py3-none-any.whl",
        "my_app-nonsense.tar.gz",
        "other-1.0.tar.gz",
        "my_app-1.0.egg",
        "my_app-1.0\x00.tar.gz",
        "my_app-1.0\n.tar.gz",
        "my_app-1.0-py3-none-\N{SNOWMAN}.whl",
        "",
    ]
)
FOLDERS = st.sampled_from(
    ["", "../../files/", "https://files.example/a/", "file:///etc/", "mailto:", "//host.example/", "#"]
)
ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=3)


@st.composite
def entries(draw):
    filename = draw(FILENAMES)
    entry = {
        "filename": filename,
        "url": draw(FOLDERS) + filename + draw(st.sampled_from(["", "", "#sha256=0", "?a=b"])),
    }
    optional = {
        "hashes": st.sampled_from([{}, {"sha256": "a" * 64}, {"md5": "no"}]) | ODD,
        "requires-python": st.sampled_from([">=3.8", "\N{LATIN SMALL LETTER E WITH ACUTE}\n"]) | ODD,
        "yanked": ODD | st.sampled_from(["}, {", '}, {"filename": "my_app-1.0.tar.gz"', '"files": [']),
        "size": ODD,
        "upload-time": st.just("2026-01-01T00:00:00Z") | ODD,
        "core-metadata": st.just({"sha256": "b" * 64}) | ODD,
    }
    return entry | draw(st.fixed_dictionaries({}, optional=optional))


FILES = st.lists(entries() | ODD | st.just({}), max_size=12) | st.lists(entries(), max_size=12)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def contents(page):
    return [(str(version), tuple(files)) for version, files in page.releases]


def split_contents(page):
    return [(str(version), page.artifacts(i, "")) for i, version in enumerate(page.parsed)]


@readers
@given(FILES, LAYOUTS, st.sampled_from([{}, {"status": "archived", "reason": "x"}]))
def test_splitting_is_reading(read, files, layout, status):
    body = json.dumps({"meta": {"api-version": "1.4"}, "files": files, "project-status": status}, **layout).encode()
    page = read_page(body, JSON_TYPE, URL, "my-app")
    split = read(body, URL, "my-app")
    if split is not None:  # None leaves what is unusual to the reader
        assert split_contents(split) == contents(page)
        assert sorted(split.skipped) == sorted(page.skipped)
        assert split.status == page.status


@readers
@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"separators": (",", ":")}])
@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_a_plain_page_is_split(read, layout, count):
    files = large_page(count, 1)["files"]
    body = json.dumps({"meta": {"api-version": "1.4"}, "files": files, "versions": []}, **layout).encode()
    assert split_contents(read(body, URL, "my-app")) == contents(read_page(body, JSON_TYPE, URL, "my-app"))


@readers
@given(FILES, LAYOUTS)
def test_a_split_page_is_kept_whole(read, files, layout):
    split = read(json.dumps({"files": files}, **layout).encode(), URL, "my-app")
    if split is None:
        return
    loaded = load_page(dump_page(split))
    assert loaded is not None
    assert split_contents(loaded._replace(parsed=split.parsed)) == split_contents(split)
    assert [str(Version(text)) for text in loaded.versions] == [str(version) for version in split.parsed]


@readers
@given(
    st.binary(max_size=30) | st.sampled_from([b'{"files": [}', b'{"files": [{}', b'{"files": []', b'{"files": []} x'])
)
def test_noise_is_left_to_the_reader(read, body):
    assert read(body, URL, "my-app") is None


@readers
@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"files": {}}', b'{"files": 1, "a": []}', b'{"meta": {"files": []}}', b'{"files" []}', b"\xff{}"],
)
def test_a_page_without_a_list_of_files_is_left_to_the_reader(read, body):
    assert read(body, URL, "my-app") is None


@readers
def test_another_version_of_the_api_is_refused(read):
    with pytest.raises(IndexFailure, match="version 2"):
        read(b'{"files": [], "meta": {"api-version": "2.0"}}', URL, "my-app")


@readers
@pytest.mark.parametrize(
    "body",
    [
        b'{"files": [], "files": [{"filename": "my-app-1.0.tar.gz", "url": "my-app-1.0.tar.gz"}]}',
        b'{"files": [{"filename": "my-app-1.0.tar.gz", "url": "mailto:my-app-1.0.tar.gz"}]}',
        b'{"files": [{"filename": "my-app-1.0.tar.gz"}]}',
        b'{"files": [null]}',
        b'{"files": [{"filename": "a.zip", "url": "a.zip"} ,{"filename": "b.zip", "url": "b.zip"}, {}]}',
    ],
)
def test_what_is_not_plain_is_left_to_the_reader(read, body):
    assert read(body, URL, "my-app") is None


def test_a_huge_page_is_not_held_in_two_forms():
    """What reading takes beside the page is little more than what it gives."""
    body = json.dumps(large_page(12_000)).encode()
    tracemalloc.start()
    try:
        split = split_page(body, URL, "my-app", len(body) // 20)
        size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert split is not None
    assert peak < size + 1.3 * len(body)


def large_page(releases, wheels=3):
    """A page with many wheels for each release, the newest last."""
    files = [
        {"filename": name, "url": name, "hashes": {"sha256": f"{i:064x}"}, "requires-python": ">=3.8"}
        for i in range(releases)
        for name in (f"my_app-{i}.0-cp3{wheel}-cp3{wheel}-linux_x86_64.whl" for wheel in range(wheels))
    ]
    versions = [f"{i}.0" for i in range(releases)]
    return {"meta": {"api-version": "1.4"}, "name": "my-app", "files": files, "versions": versions}


FINALS = Sought(lambda version: not version.is_prerelease)
LARGE_LAYOUTS = pytest.mark.parametrize("layout", [{}, {"indent": 1}, {"separators": (",", ":")}])


@LARGE_LAYOUTS
@pytest.mark.parametrize("order", ["by version", "by text", "newest first"])
@pytest.mark.parametrize(("releases", "wheels"), [(500, 3), (40, 60), (2000, 1)])
def test_a_few_looks_find_the_newest_release(layout, order, releases, wheels):
    page = large_page(releases, wheels)
    if order == "by text":
        page["files"].sort(key=lambda file: file["filename"])
    elif order == "newest first":
        page["files"].reverse()
    body = json.dumps(page, **layout).encode()
    newest = split_newest(body, URL, "my-app", FINALS)
    assert newest.versions[-1] == f"{releases - 1}.0"
    assert len(newest.versions) < releases / 2
    whole = split_page(body, URL, "my-app")
    assert set(newest.artifacts(len(newest.versions) - 1, "")) <= set(whole.artifacts(releases - 1, ""))


@pytest.mark.parametrize("order", ["by version", "by text"])
def test_looks_find_the_newest_release_that_fits(order):
    page = large_page(500)
    if order == "by text":
        page["files"].sort(key=lambda file: file["filename"])
    body = json.dumps(page).encode()
    below = split_newest(body, URL, "my-app", Sought(lambda version: version < Version("321")))
    assert max(version for version in below.parsed if version < Version("321")) == Version("320.0")
    exact = split_newest(body, URL, "my-app", Sought(lambda version: False, ["123.0"]))
    assert "123.0" in exact.versions
    assert len(exact.versions) < 200


def test_a_few_releases_that_fit_are_found_by_the_least_of_them():
    """As where botocore is to be 1.39.17 or later, but before 1.40: no look happens to meet one of them."""
    page = large_page(2000)
    page["files"].sort(key=lambda file: file["filename"])
    body = json.dumps(page).encode()

    def fits(version):
        return Version("1117") <= version < Version("1119")

    assert split_newest(body, URL, "my-app", Sought(fits)) is None
    assert "1118.0" in split_newest(body, URL, "my-app", Sought(fits, least="1117.0")).versions


def test_looks_pass_over_pre_releases_that_stand_last():
    """As where a project gave up its next major version: 4.0.0a1 is above everything and asked for by nobody."""
    page = large_page(500)
    page["files"] += [
        {"filename": name, "url": name} for i in range(60) for name in (f"my_app-999.0a{i}-py3-none-any.whl",)
    ]
    newest = split_newest(json.dumps(page).encode(), URL, "my-app", FINALS)
    assert "499.0" in newest.versions


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"files": []}', b'{"a": {}, {"b', b'}, {"filename": 1}]', b'}, {"filename": "a"', b"}, {]"]
)
def test_what_says_nothing_by_itself_is_no_glimpse(body):
    assert split_newest(body, URL, "my-app", FINALS) is None
