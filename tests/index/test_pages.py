"""Pages: what is read from them, what is refused, and how they are kept."""

from __future__ import annotations

import html
import json
import re
import sys
import tracemalloc

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.version import Version

from piptools_clone.errors import IndexFailure
from piptools_clone.index.pages.compact_page import dump_listing, dump_page, load_listing, load_page
from piptools_clone.index.pages.listing import Listing, ProjectStatus
from piptools_clone.index.pages.page import Page, read_listing, read_page, select
from piptools_clone.index.pages.page_html import NAMES, scan_tags
from piptools_clone.index.pages.page_request import HTML_TYPE, JSON_TYPE
from piptools_clone.index.pages.page_tags import parse_tags
from piptools_clone.model.artifact import Artifact

URL = "https://idx.example/simple/my-app/"
DIGEST = "0" * 64


def page_of(*files, **more):
    body = json.dumps({"meta": {"api-version": "1.3"}, "name": "my-app", "files": list(files), **more}).encode()
    return read_page(body, JSON_TYPE, URL, "my-app")


def html_page(inside, head="", kind="text/html", url=URL):
    body = f"<!DOCTYPE html><html><head>{head}</head><body>{inside}</body></html>".encode()
    return read_page(body, kind, url, "my-app")


def names(page):
    return [(str(version), [file.filename for file in files]) for version, files in page.releases]


def test_json_tells_everything():
    page = page_of(
        {
            "filename": "my_app-1.0-py3-none-any.whl",
            "url": "../../files/my_app-1.0-py3-none-any.whl#egg=x",
            "hashes": {"sha256": DIGEST.upper(), "md5": "1" * 32, "odd": "zz"},
            "requires-python": ">=3.8",
            "yanked": "broken",
            "size": 12,
            "upload-time": "2024-01-02T03:04:05.000006Z",
            "core-metadata": {"sha256": DIGEST},
            "provenance": "https://idx.example/unknown-keys-are-ignored",
        },
        **{"project-status": {"status": "archived", "reason": "done"}},
    )
    [(version, [file])] = page.releases
    assert version == Version("1.0")
    assert file == Artifact(
        "my_app-1.0-py3-none-any.whl",
        "https://idx.example/files/my_app-1.0-py3-none-any.whl",
        (("md5", "1" * 32), ("sha256", DIGEST)),
        ">=3.8",
        "broken",
        12,
        "2024-01-02T03:04:05.000006Z",
        (("sha256", DIGEST),),
    )
    assert page.status == ProjectStatus("archived", "done")


def test_html_tells_the_same():
    attributes = 'data-requires-python="&gt;=3.8" data-yanked="broken" data-core-metadata="sha256=' + DIGEST + '"'
    page = html_page(
        f'<a href="../../files/my_app-1.0-py3-none-any.whl#sha256={DIGEST}" {attributes}>my_app</a>',
        '<meta name="pypi:project-status" content="archived"><meta name="pypi:project-status-reason" content="done">',
    )
    [(_, [file])] = page.releases
    assert file == Artifact(
        "my_app-1.0-py3-none-any.whl",
        "https://idx.example/files/my_app-1.0-py3-none-any.whl",
        (("sha256", DIGEST),),
        ">=3.8",
        "broken",
        sidecar=(("sha256", DIGEST),),
    )
    assert page.status == ProjectStatus("archived", "done")


@pytest.mark.parametrize(
    ("attribute", "sidecar"),
    [
        ('data-core-metadata="true"', ()),
        ('data-dist-info-metadata="true"', ()),
        (f'data-dist-info-metadata="sha256={DIGEST}"', (("sha256", DIGEST),)),
        ('data-core-metadata="false" data-dist-info-metadata="true"', None),
        ("", None),
    ],
)
def test_sidecars_in_html(attribute, sidecar):
    [(_, [file])] = html_page(f'<a href="my-app-1.0.tar.gz" {attribute}>x</a>').releases
    assert file.sidecar == sidecar


@pytest.mark.parametrize(
    ("given", "expected"), [(True, ""), (False, None), (None, None), ("why", "why"), ("a\nb\x1b[0m", "a b [0m")]
)
def test_yanked_in_json(given, expected):
    [(_, [file])] = page_of({"filename": "my-app-1.tar.gz", "url": "my-app-1.tar.gz", "yanked": given}).releases
    assert file.yanked == expected


def test_base_href_and_entities():
    page = html_page('<a href="a/my-app-1.0.tar.gz?x=1&amp;y=2">x</a>', '<base href="https://files.example/p/">')
    [(_, [file])] = page.releases
    assert file.url == "https://files.example/p/a/my-app-1.0.tar.gz?x=1&y=2"
    assert file.filename == "my-app-1.0.tar.gz"


def test_versions_ascend_and_equal_ones_merge():
    files = [
        {"filename": f"my-app-{text}.tar.gz", "url": f"my-app-{text}.tar.gz"}
        for text in ("1.10", "1.9", "1.0.0", "1.0", "2.0rc1", "1.9.post1", "1!0.1", "1.9+local")
    ]
    assert [str(version) for version, _ in page_of(*files).releases] == [
        *("1.0.0", "1.9", "1.9+local", "1.9.post1", "1.10", "2.0rc1", "1!0.1"),
    ]
    assert len(page_of(*files).releases[0][1]) == 2


@pytest.mark.parametrize(
    ("filename", "why"),
    [
        ("other-1.0.tar.gz", "of another project"),
        ("other-1.0-py3-none-any.whl", "of another project"),
        ("my_app-1.0.whl", "not the name of a wheel"),
        ("my_app-one-py3-none-any.whl", "an invalid version"),
        ("my-app-dev.tar.gz", "an invalid version"),
        ("my-app-1.0.exe", "not a format that can be installed"),
        ("my-app-1.0\x1b.tar.gz", "an unsafe file name"),
        ("../my-app-1.0.tar.gz", "an unsafe file name"),
        (f"my-app-{'1' * 513}.tar.gz", "an unsafe file name"),
        (f"my-app-{'1' * 5000}.tar.gz", "an unsafe file name"),
    ],
)
def test_files_that_are_skipped_are_kept_with_the_reason(filename, why):
    page = page_of({"filename": filename, "url": "x/y.tar.gz"})
    assert page.releases == ()
    assert page.skipped == ((filename, why),)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "ftp://h/my-app-1.0.tar.gz", "http://", "//[bad/x", ""]
)
def test_addresses_other_than_http_are_skipped(url):
    page = page_of({"filename": "my-app-1.0.tar.gz", "url": url})
    assert url == "" or page.skipped == (("my-app-1.0.tar.gz", "an unusable entry of the page"),)
    assert all(file.url.startswith("https://idx.example/") for _, files in page.releases for file in files)


def test_addresses_lose_credentials_and_odd_characters():
    urls = ["https://user:secret@files.example/a b/my-app-1.0.tar.gz", 'https://files.example/"\x00/my-app-1.1.tar.gz']
    page = page_of(*({"filename": url.rpartition("/")[2], "url": url} for url in urls))
    assert [file.url for _, files in page.releases for file in files] == [
        "https://files.example/a%20b/my-app-1.0.tar.gz",
        "https://files.example/%22%00/my-app-1.1.tar.gz",
    ]


def test_unusable_entries_do_not_hide_the_others():
    page = page_of(
        None, 7, {}, {"filename": 1, "url": 2}, {"filename": "my-app-1.0.tar.gz", "url": "my-app-1.0.tar.gz"}
    )
    assert names(page) == [("1.0", ["my-app-1.0.tar.gz"])]
    assert len(page.skipped) == 4


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JSON_TYPE, b'{"files": ['),
        (JSON_TYPE, b"[]"),
        (JSON_TYPE, b"{}"),
        (JSON_TYPE, b"\xff\xfe{"),
        (JSON_TYPE, b"[" * 100_000),
        (JSON_TYPE, b'{"meta": {"api-version": "2.0"}, "files": []}'),
        (JSON_TYPE, b'{"files": {}}'),
        ("application/vnd.pypi.simple.v2+json", b'{"files": []}'),
        ("application/octet-stream", b"<html></html>"),
        ("", b"<html></html>"),
        ("text/html", b"<html><body><a href='my-app-1.0.tar.gz'>x</a>"),
        ("text/html", b'<html><body><a href="my-app-1.0.tar.gz">x</a></body></ht'),
        ("text/html", b'<meta name="pypi:repository-version" content="2.0"><a href="my-app-1.0.tar.gz">x</a>'),
        ("text/html", b'<html><form action="/login"><input type="password"></form></html>'),
        ("text/html", b'<html><a href="my-app-1.0.tar.gz">x</a><input type=password></html>'),
        ("text/html", b'<html><form action="/saml" method="post"></form></html>'),
        ("text/html", b"<html><script>location = '/login'</script></html>"),
        ("text/html", b'<html><a href="/about">About us</a></html>'),
    ],
)
def test_what_is_no_page_is_a_failure(kind, body):
    with pytest.raises(IndexFailure, match=r"idx\.example"):
        read_page(body, kind, URL, "my-app")


def test_an_empty_page_is_only_believed_at_the_projects_address():
    assert html_page("").releases == ()
    assert html_page("", url="https://idx.example/simple/My.App/index.html").releases == ()
    with pytest.raises(IndexFailure):
        html_page("", url="https://sso.example/welcome")


def test_a_page_of_old_formats_only_is_a_page():
    page = html_page('<a href="../">up</a><a href="My_App-0.1-py2.5.egg">egg</a>')
    assert page.skipped == (("My_App-0.1-py2.5.egg", "not a format that can be installed"),)


@pytest.mark.parametrize("kind", [HTML_TYPE, "text/html", "TEXT/HTML; charset=utf-8", "text/html; charset=no-such"])
def test_content_types_of_html(kind):
    assert names(html_page('<a href="my-app-1.0.tar.gz">x</a>', kind=kind)) == [("1.0", ["my-app-1.0.tar.gz"])]


def test_html_written_by_hand_is_read_too():
    page = html_page(
        "<!-- <a href='my-app-9.tar.gz'> --><A HREF=my-app-1.0.tar.gz>x</A><a\nhref='my-app-2.0.tar.gz'>y</a>"
    )
    assert [version for version, _ in names(page)] == ["1.0", "2.0"]


attribute_names = st.sampled_from(["href", "data-requires-python", "data-yanked", "class", "DATA-Core-Metadata", "rel"])
values = st.text(st.sampled_from("ab01 =<>'&;#/.-_\u00e9")).map(html.escape)
loose_values = st.text(st.sampled_from("ab &;#/\"'>=copynt-!"), max_size=12)


def attributes(value):
    quoted = st.builds('{}="{}"'.format, attribute_names, value)
    return st.lists(quoted | attribute_names, max_size=4).map(" ".join)


def tags(value):
    return st.builds("<{} {}>{}</a>".format, st.sampled_from(["a", "A", "base", "b", "p"]), attributes(value), values)


@given(st.lists(tags(values), max_size=6).map("\n".join))
def test_machine_made_html_is_understood_by_the_expression(text):
    found = scan_tags(text)
    assert found is not None
    assert found == parse_tags(text, NAMES)


@given(st.lists(tags(loose_values) | loose_values, max_size=4).map("".join))
def test_the_expression_and_the_parser_agree_when_both_speak(text):
    """Not held: a start tag inside a quoted value, which no index writes."""
    assume(not re.search(r'="[^"<]*<', text.replace('=""', "")))
    found = scan_tags(text)
    if found is not None:
        assert found == parse_tags(text, NAMES)


def test_reading_lets_go_of_what_was_read():
    """What reading takes beside the page is little more than what it gives, and twice the page."""
    anchors = [f'<a href="my_app-{i}.0.tar.gz#sha256={i:064x}">my_app-{i}.0.tar.gz</a>' for i in range(20_000)]
    body = "\n".join(anchors).encode()
    tracemalloc.start()
    try:
        listing = read_listing(body, "text/html", "https://idx.example/simple/my-app/")
        size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(listing.artifacts) == len(anchors)
    assert peak < size + 2 * len(body)


hashes = st.sampled_from([(), (("sha256", DIGEST),), (("md5", "1" * 32), ("sha256", DIGEST))])
texts = st.none() | st.text(max_size=20)


@st.composite
def artifacts(draw):
    filename = draw(st.text(min_size=1, max_size=8)) + ".tar.gz"
    url = draw(st.sampled_from([f"https://h/{filename}", "https://h/other", "https://h/x?y=/", "https://h/q#"]))
    size = draw(st.none() | st.integers(0, 2**40))
    return Artifact(filename, url, draw(hashes), draw(texts), draw(texts), size, draw(texts), draw(st.none() | hashes))


versions = st.lists(st.sampled_from(["1.0", "1.1rc1", "2!0", "3.0+l.1", "4.dev0"]), unique=True).map(
    lambda found: sorted(map(Version, found))
)
skips = st.lists(st.tuples(st.text(), st.text()), max_size=2)


@given(versions, st.lists(artifacts(), min_size=1, max_size=3), skips, texts)
def test_the_compact_form_gives_back_the_page(known, files, skipped, reason):
    page = Page(
        tuple((version, tuple(files)) for version in known), tuple(skipped), ProjectStatus("archived", reason or "")
    )
    loaded = load_page(dump_page(page))
    assert loaded is not None
    assert list(loaded.versions) == [str(version) for version in known]
    assert loaded.skipped == page.skipped
    assert loaded.status == page.status
    for i in range(len(known)):
        assert loaded.artifacts(i, "here") == tuple(file._replace(source="here") for file in files)


@given(st.lists(artifacts(), max_size=3), skips)
def test_the_compact_form_gives_back_the_listing(files, skipped):
    loaded = load_listing(dump_listing(Listing(files, skipped)), "here")
    assert loaded == Listing([file._replace(source="here") for file in files], skipped)


def test_a_listing_serves_several_projects():
    body = b'<a href="my-app-1.0.tar.gz"></a><a href="other-2.0.tar.gz"></a>'
    listing = read_listing(body, "text/html", "https://idx.example/wheels/")
    assert names(select(listing, "other")) == [("2.0", ["other-2.0.tar.gz"])]


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX address")
def test_a_local_page_may_name_local_files():
    page = read_page(b'<a href="my-app-1.0.tar.gz"></a>', "text/html", "file:///srv/simple/my-app/index.html", "my-app")
    assert page.releases[0][1][0].url == "file:///srv/simple/my-app/my-app-1.0.tar.gz"
