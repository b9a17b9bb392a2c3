"""Inline script metadata (PEP 723)."""

import pytest

from piptools_clone.errors import InputError
from piptools_clone.formats.projects.script import read_script

SCRIPT = """#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#
#   "rich",
# ]
# ///
print("# /// script no")
"""


def test_a_block() -> None:
    script = read_script(SCRIPT, "tool.py")
    assert script is not None
    assert script.requires_python == ">=3.11"
    assert [(one.name, str(one.specifier), str(one.origin)) for one in script.requirements] == [
        ("requests", "<3", "tool.py:5"),
        ("rich", "", "tool.py:7"),
    ]


@pytest.mark.parametrize("text", ["", "print(1)", "# /// other\n# a = 1\n# ///"])
def test_no_block(text: str) -> None:
    assert read_script(text, "tool.py") is None


def test_the_last_closing_line_of_the_comment_closes() -> None:
    """The specification's example: a block may hold a line that looks like its end."""
    script = read_script('# /// script\n# x = """\n# ///\n# """\n# ///\n# just a comment\n', "tool.py")
    assert script is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# /// script\n# dependencies = []\n", "tool.py:1: the '# /// script' block is not closed"),
        ("# /// script\n# ///\n\n# /// script\n# ///\n", "tool.py:4: a second '# /// script' block"),
        ("# /// script\n# dependencies = 1\n# ///", "tool.py: dependencies of the script must be a list of strings"),
        ("# /// script\n# requires-python = 1\n# ///", "tool.py: requires-python of the script must be a string"),
        ("# /// script\n# x\n# ///", "tool.py: the script's metadata is not valid TOML"),
        ("# /// script\n# dependencies = ['a = 1']\n# ///", "tool.py:2: 'a = 1' is not a valid requirement"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_script(text, "tool.py")
    assert caught.value.message.startswith(message)
