"""Addresses of a page's entries: the quick ways come to what joining by the book comes to (RFC 3986, section 5)."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.index.pages.entries import Addresses

SEGMENTS = st.sampled_from(["a", "my_app-1.0+x.whl", "~u", "%7Eu", "ab", ".", "..", "...", "", "x y", ".b"])
STARTS = st.sampled_from(
    [
        "",
        "/",
        "//host.example/",
        "https://host.example/",
        "http://host.example:8080/",
        "../",
        "../../",
        "./",
        "../../../",
    ]
)
BASES = st.sampled_from(
    ["https://idx.example/simple/my-app/", "https://idx.example/simple/my-app", "http://idx.example:81/a/b/c/?q=1"]
)


@given(BASES, STARTS, st.lists(SEGMENTS, min_size=1, max_size=4))
def test_joining_is_by_the_book(base, start, segments):
    url = start + "/".join(segments)
    assert Addresses(base).join(url) == urljoin(base, url.strip().replace(" ", "%20") or ".")


@pytest.mark.parametrize(
    ("url", "joined"),
    [
        ("https://files.example/ab/cd/a-1.0.whl", "https://files.example/ab/cd/a-1.0.whl"),
        ("../../ab/cd/a-1.0.whl", "https://idx.example/ab/cd/a-1.0.whl"),
        ("a-1.0.whl", "https://idx.example/simple/a/a-1.0.whl"),
        ("https://bob:secret@files.example/a-1.0.whl", "https://files.example/a-1.0.whl"),
        ("https://files.example/../a-1.0.whl", "https://files.example/../a-1.0.whl"),
        ("mailto:a-1.0.whl", None),
        ("file:///etc/a-1.0.whl", None),
    ],
)
def test_addresses(url, joined):
    addresses = Addresses("https://idx.example/simple/a/")
    assert addresses.join(url) == joined
    assert addresses.join(url) == joined  # and remembers it
