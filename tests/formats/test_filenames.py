"""What file names may hold: nothing that leads elsewhere, or that a terminal would obey."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.formats.filenames import build_number, is_safe

DIRECTIONS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(min_size=1, max_size=6))
def test_a_safe_name_has_no_separator_no_control_and_no_direction(text):
    odd = {char for char in text if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}} | DIRECTIONS & set(text)
    is_device = text.partition(".")[0].rstrip(" ").upper() in {"CON", "PRN", "AUX", "NUL"}
    assert is_safe(text) == (not odd and not set("/\\:") & set(text) and text[-1] not in ". " and not is_device)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\tb", "a\x7f", "a\x85b", "a\u202eb", "\ud800", "..."])
def test_unsafe_names(name):
    assert not is_safe(name)


@pytest.mark.parametrize("name", ["a-1.0.tar.gz", "a b.zip", "é-1.0.zip", "...a"])
def test_safe_names(name):
    assert is_safe(name)


def test_the_order_of_build_tags():
    assert sorted(["10", "2b", "", "2", "2a"], key=build_number) == ["", "2", "2a", "2b", "10"]
