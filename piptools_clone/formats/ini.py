"""Sections of ``name = value`` lines, read as `configparser` reads an ``entry_points.txt``, but in linear time.

That takes hours for half a megabyte of lines that it cannot read: it goes on, and adds each to one message.
"""

from __future__ import annotations


def parse_sections(text: str) -> dict[str, dict[str, str]]:
    """Read the pairs of each section; a line that is indented deeper than its pair continues the value.

    The last of two equal names counts.  Raises ValueError for a line that is neither, or before the first section.
    """
    sections: dict[str, dict[str, list[str]]] = {}
    pairs: dict[str, list[str]] | None = None
    value: list[str] | None = None
    level = 0
    for line in text.split("\n"):
        words = line.strip()
        if not words or words[0] in "#;":
            continue
        indent = len(line) - len(line.lstrip())
        if value is not None and indent > level:
            value.append(words)
            continue
        level = indent
        if words[0] == "[" and "]" in words[2:]:
            pairs, value = sections.setdefault(words[1:].rpartition("]")[0], {}), None
        else:
            name, value = _pair(words)
            if pairs is None:
                raise ValueError("a pair stands before the first section")
            pairs[name] = value
    return {section: {name: "\n".join(lines) for name, lines in pairs.items()} for section, pairs in sections.items()}


def _pair(words: str) -> tuple[str, list[str]]:
    name, equals, value = words.partition("=")
    if not equals or not name.rstrip():
        raise ValueError("a line is no pair")
    return name.rstrip(), [value.lstrip()]
