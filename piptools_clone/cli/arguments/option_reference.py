"""Renders the options of a command as Markdown, for the documentation."""

from __future__ import annotations

from piptools_clone.cli.arguments.options import CommandOptions, Option

_TITLES = ("option", "what it does", "default", "variable")
_IN_HEADER = "header of the lock"
_VALUES = {"input": "FILE", "file": "FILE", "folder": "FOLDER", "writable folder": "FOLDER", "integer": "NUMBER"}


def render_reference(table: CommandOptions) -> str:
    """A section for a command, with a table for each group of its options."""
    titles = (*_TITLES, _IN_HEADER) if table.command == "pip-compile" else _TITLES
    head = (_line(titles), "|---" * len(titles) + "|")
    lines = [f"## {table.command}"]
    for title, options in table.groups.items():
        rows = [_line(_cells(option)[: len(titles)]) for option in options if option.kind != "argument"]
        lines += ["", f"### {title}", "", *head, *rows]
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def _cells(option: Option) -> tuple[str, ...]:
    """What stands in the columns; the last one tells whether the header of a lock names the option."""
    in_header = "" if "once" in option.marks else "if typed" if "new" in option.marks else "yes"
    return (
        _spelled(option),
        " ".join(option.help.split()).replace("``", "`").replace("|", "\\|"),
        _default(option),
        option.variable and f"`{option.variable}`",
        in_header,
    )


def _spelled(option: Option) -> str:
    names = [*option.names, *filter(None, [option.negative])]
    if option.kind in ("value", "values"):
        names[-1] += f" {'|'.join(option.choices) or _VALUES.get(option.type, 'TEXT')}".replace("|", "\\|")
    return ", ".join(f"`{name}`" for name in names) + (" (repeatable)" if option.kind == "values" else "")


def _default(option: Option) -> str:
    """Its default in words; none where that depends on the machine, or is nothing."""
    if callable(option.default) or not option.default:
        return ""
    return "yes" if option.default is True else f"`{option.default}`"
