"""Schemes by RFC 3986, section 3.1: a letter, then letters, digits, plus, dots and dashes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.formats.schemes import is_url, is_vcs, scheme_of


@given(st.text("aZé٣0+.-:/ ", max_size=8))
def test_a_scheme_is_what_the_standard_says(text):
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", text)
    assert scheme_of(text) == (found[1].lower() if found else "")


@pytest.mark.parametrize(
    ("text", "url", "vcs"),
    [
        ("HTTPS://idx.example/", True, False),
        ("file:./a", True, False),
        ("git+https://idx.example/a.git", True, True),
        ("C:/a.whl", False, False),
        ("a.whl", False, False),
        ("+ssh://idx.example/", False, False),
    ],
)
def test_addresses_are_told_from_paths(text, url, vcs):
    assert (is_url(text), is_vcs(text)) == (url, vcs)
