"""Foreign text and addresses, before they are shown or written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.formats.sanitize import harmless, has_control_character, inert, redact_url, without_credentials


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("größer 漢字", "größer 漢字"),
        ("red \x1b[31m", r"red \x1b[31m"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("right\u202eleft", r"right\u202eleft"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("filler\u3164", r"filler\u3164"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half\udc80", r"half\udc80"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
    ],
)
def test_inert_escapes_what_is_not_seen(text: str, expected: str) -> None:
    assert inert(text) == expected


@given(st.text(), st.integers(min_value=3, max_value=60))
def test_inert_is_one_short_visible_line(text: str, limit: int) -> None:
    shown = inert(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    assert inert(shown, limit) == shown


def test_inert_marks_what_it_cuts() -> None:
    assert inert("x" * 300, 10) == "xxxxxxx..."


def test_harmless_hides_credentials_before_it_cuts() -> None:
    text = "https://user:" + "secret" * 100 + "@idx.example/"
    assert harmless(text) == "https://****@idx.example/"


@pytest.mark.parametrize(
    ("url", "shown", "written"),
    [
        ("https://idx.example/simple", "https://idx.example/simple", "https://idx.example/simple"),
        ("https://u:p@idx.example/x", "https://u:****@idx.example/x", "https://idx.example/x"),
        ("https://u:p@w@idx.example/x", "https://u:****@idx.example/x", "https://idx.example/x"),
        ("https://token@idx.example/x", "https://****@idx.example/x", "https://idx.example/x"),
        ("https://idx.example/a@b", "https://idx.example/a@b", "https://idx.example/a@b"),
        ("https://${U}:${P}@idx.example", "https://${U}:****@idx.example", "https://${U}:${P}@idx.example"),
        ("https://u:${P}@idx.example", "https://u:****@idx.example", "https://u:${P}@idx.example"),
        ("https://${U}:p@idx.example", "https://${U}:****@idx.example", "https://idx.example"),
        ("git+ssh://git@vcs.example/r@main", "git+ssh://****@vcs.example/r@main", "git+ssh://git@vcs.example/r@main"),
        ("git+ssh://git:pw@vcs.example/r", "git+ssh://git:****@vcs.example/r", "git+ssh://vcs.example/r"),
        ("./wheels", "./wheels", "./wheels"),
    ],
)
def test_secrets_of_addresses(url: str, shown: str, written: str) -> None:
    assert redact_url(url) == shown
    assert without_credentials(url) == written


@pytest.mark.parametrize(("name", "refused"), [("a b.in", False), ("a\nb", True), ("\x1b", True), ("a\u2028", True)])
def test_control_characters_in_file_names(name: str, refused: bool) -> None:
    assert has_control_character(name) is refused


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-e https://user:sec/ret@host/a.zip", "-e https://****@host/a.zip"),
        ("https://user:secret@host/a@b", "https://****@host/a@b"),
        ("git+https://host:8080/repo@main", "git+https://host:8080/repo@main"),
        ("git+https://host/repo@main", "git+https://host/repo@main"),
    ],
)
def test_a_password_with_a_slash_is_hidden_and_a_ref_is_not(text, shown):
    assert harmless(text) == shown
