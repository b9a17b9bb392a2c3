"""Continuation, comments and variables, as pip's "Requirements File Format" describes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.requirements.logical_lines import decode_requirements, expand_variables, logical_lines


def lines(text: str, **environ: str) -> list[tuple[int, str]]:
    return [(line.number, line.text) for line in logical_lines(text, environ)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", [(1, "a"), (2, "b")]),
        ("a\r\nb\rc", [(1, "a"), (2, "b"), (3, "c")]),
        ("\n  \n a  \n", [(3, "a")]),
        # "A line ending in an unescaped \ is treated as a line continuation and the newline following it is
        # effectively ignored."
        ("a \\\n>=1\nb", [(1, "a >=1"), (3, "b")]),
        ("a\\", [(1, "a")]),
        # "Comments are stripped after line continuations are processed."
        ("a # c \\\nb", [(1, "a")]),
        ("a \\\n# c \\\nb", [(1, "a"), (3, "b")]),
        ("# c \\\nb", [(2, "b")]),
        # "a comment starts with # at the beginning of the line or after whitespace"
        ("a#b # c", [(1, "a#b")]),
        ("\t# c", []),
    ],
)
def test_logical_lines(text: str, expected: list[tuple[int, str]]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "x"),
        ("${A}/${A_1}", "x/y"),
        ("${UNSET}", "${UNSET}"),
        ("${EMPTY}", "${EMPTY}"),
        ("${a} $A %A%", "${a} $A %A%"),
    ],
)
def test_variables(text: str, expected: str) -> None:
    """ "The name must be in the form ${MY_VARIABLE}": what is unset or spelled otherwise stays."""
    assert expand_variables(text, {"A": "x", "A_1": "y", "EMPTY": "", "a": "no"}) == expected


def test_a_variable_is_replaced_after_comments_are_removed() -> None:
    assert lines("a${V}", V=" #b") == [(1, "a #b")]


@given(st.lists(st.sampled_from(["a", "b==1 \\", "# c", " # d \\", "", "e # f", "\\"])))
def test_every_line_begins_at_its_number(parts: list[str]) -> None:
    numbers = [number for number, _ in lines("\n".join(parts))]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= len(parts) for number in numbers)


@pytest.mark.parametrize(
    "data",
    [
        "ä==1".encode(),
        b"\xef\xbb\xbf" + "ä==1".encode(),
        "ä==1".encode("utf-16"),
        "ä==1".encode("utf-32"),
        b"\xfe\xff" + "ä==1".encode("utf-16-be"),
        "# -*- coding: latin-1 -*-\nä==1".encode("latin-1"),
        "#!x\n# vim: set fileencoding=latin-1 :\nä==1".encode("latin-1"),
    ],
)
def test_encodings(data: bytes) -> None:
    assert decode_requirements(data).splitlines()[-1] == "ä==1"


@pytest.mark.parametrize("data", [b"a\xff", b"# coding: nope\n", b"# coding: rot13\n"])
def test_what_cannot_be_decoded_is_a_problem_whatever_the_locale(data: bytes) -> None:
    with pytest.raises(LineProblem):
        decode_requirements(data)
