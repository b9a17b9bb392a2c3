"""The metadata that a single-file script carries in a comment ("inline script metadata", PEP 723)."""

from __future__ import annotations

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.formats.sanitize import harmless
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.named_tuple import NamedTuple

_OPEN = "# /// script"
_CLOSE = "# ///"


class Script(NamedTuple):
    """What a script requires; ``requires_python`` as written."""

    requirements: tuple[Requirement, ...]
    requires_python: str | None = None


def read_script(text: str, path: str) -> Script | None:
    """Read the block of a script, None if it has none.  Raises `InputError` for a broken block, or for two."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.rstrip() == _OPEN]
    if not starts:
        return None
    if len(starts) > 1:
        raise InputError(f"{harmless(path)}:{starts[1] + 1}: a second '{_OPEN}' block; a script has one")
    table = _load(_block(lines, starts[0], path), path)
    dependencies = table.get("dependencies", [])
    requires_python = table.get("requires-python")
    if not isinstance(dependencies, list) or not all(isinstance(item, str) for item in dependencies):
        raise InputError(f"{harmless(path)}: dependencies of the script must be a list of strings")
    if requires_python is not None and not isinstance(requires_python, str):
        raise InputError(f"{harmless(path)}: requires-python of the script must be a string")
    requirements = (parse_line(item, Origin(path, _line_of(item, lines), f"-r {path}")) for item in dependencies)
    return Script(tuple(requirements), requires_python)


def _block(lines: list[str], start: int, path: str) -> str:
    """Uncomment the block.  It ends at the last ``# ///`` before the comment ends (PEP 723)."""
    body: list[str] = []
    end: int | None = None
    for line in lines[start + 1 :]:
        if line != "#" and not line.startswith("# "):
            break
        if line.rstrip() == _CLOSE:
            end = len(body)
        body.append(line[2:])
    if end is None:
        raise InputError(
            f"{harmless(path)}:{start + 1}: the '{_OPEN}' block is not closed", hint=f"end it with '{_CLOSE}'"
        )
    return "\n".join(body[:end])


def _load(block: str, path: str) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{harmless(path)}: the script's metadata is not valid TOML: {harmless(str(error))}") from None


def _line_of(requirement: str, lines: list[str]) -> int:
    quoted = (f'"{requirement}"', f"'{requirement}'")
    return next((number for number, line in enumerate(lines, 1) if any(text in line for text in quoted)), 0)
