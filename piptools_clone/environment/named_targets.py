"""Targets by name: such as ``python3.12-linux-x86_64``, or one of a table that a project has.

The text of a target is ``python`` or ``pypy``, a version, ``t`` behind it for the free-threaded build, a dash, and a
platform as `platforms` has it.  A table, ``[tool.pip-tools.targets]``, gives names of its own to such texts, or to
tables with the keys ``python``, ``platform``, ``implementation`` and ``abi``.  Both say all of a target: nothing is
taken from the machine that compiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from piptools_clone.environment.targets import override_target
from piptools_clone.errors import SettingsError, UsageError
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.target import Target
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    Overrides = tuple[tuple[str, str], ...]
    """As `CompileRequest.target_overrides`."""
    TargetTable = tuple[tuple[str, Overrides], ...]
    """As `CompileRequest.target_table`."""

EXAMPLE = "python3.12-linux-x86_64"
_NOTHING = Target({}, ())
"""What a target is made from that says all of itself."""
_PYTHONS = {"python": "cp", "pypy": "pp"}
_KINDS = {"python": "python_version", "platform": "platform", "implementation": "implementation", "abi": "abi"}
"""The keys of a target in a table, and what they are among overrides."""
_LISTS = ("platform", "abi")
"""Keys that may have several values."""


class NamedTarget(NamedTuple):
    """A target and what it is called, "" where it has no name: what the options of a command describe."""

    name: str
    target: Target


def parse_target(text: str) -> NamedTarget:
    """Understand the text of a target, such as ``pypy3.10-macos-arm64``.  Raises `UsageError`."""
    return NamedTarget(text, _target(_overrides(text)))


def named_targets(names: Iterable[str], table: Mapping[str, Overrides]) -> list[NamedTarget]:
    """The targets of these names, each once, in their order: of the table (see `parse_table`), else by `parse_target`.

    Raises `UsageError` for a name that is neither, with those that there are.
    """
    found = []
    for name in dict.fromkeys(names):
        if name in table:
            found.append(NamedTarget(name, _target(table[name])))
        elif _is_text(name):
            found.append(parse_target(name))
        else:
            known = f"has {', '.join(map(inert, table))}" if table else "has none"
            raise UsageError(
                f"--target: there is no target {inert(name)!r}: [tool.pip-tools.targets] {known}",
                hint=f"give one of them, or such as {EXAMPLE}",
            )
    return found


def parse_table(table: object, place: str) -> TargetTable:
    """Understand ``[tool.pip-tools.targets]``, which stands in the file ``place``.

    Raises `SettingsError` that names the target, for what is no table, no target, or no usable name.
    """
    if not isinstance(table, dict):
        raise SettingsError(
            f"{place}: [tool.pip-tools.targets] must be a table",
            hint=f'such as: ci = "{EXAMPLE}"; the targets of a compile are named by the key target',
        )
    return tuple((name, _defined(name, value, place)) for name, value in table.items())


def _target(overrides: Overrides) -> Target:
    """Make a target of overrides that say all of it.  Raises `UsageError`."""
    if {text for kind, text in overrides if kind == "platform"} <= {"any"}:
        raise UsageError("its platform names no system", hint=f"such as {EXAMPLE}")
    return override_target(_NOTHING, overrides)


def _defined(name: str, value: object, place: str) -> Overrides:
    try:
        _check_name(name)
        overrides = _overrides(value) if isinstance(value, str) else tuple(_of_keys(value))
        _target(overrides)
    except UsageError as error:
        hint = error.hint or f'such as: {{python = "3.12", platform = "linux"}}, or "{EXAMPLE}"'
        raise SettingsError(f"{place}: target {inert(name)!r}: {error.message}", hint=hint) from None
    return overrides


def _check_name(name: str) -> None:
    """Raises `UsageError`: a name becomes a part of file names, and of the header of a lock."""
    is_word = name.isascii() and name[:1].isalnum() and all(char.isalnum() or char in "._-" for char in name)
    if not is_word:
        raise UsageError("its name may have letters, digits, dots, dashes and underscores, a letter or digit first")
    if _is_text(name):
        raise UsageError("its name means a target already", hint="give it another name")


def _of_keys(value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        raise UsageError("it is neither a table nor a text")
    for key in value:
        if key not in _KINDS:
            raise UsageError(f"{inert(key)!r} is none of {', '.join(_KINDS)}")
    for key in ("python", "platform"):
        if not value.get(key):
            raise UsageError(f"it has no {key!r}, and must not depend on the machine that compiles")
    for key, kind in _KINDS.items():
        for text in _texts(key, value.get(key, [])):
            yield kind, text


def _texts(key: str, value: object) -> list[str]:
    given: list[object] = value if isinstance(value, list) and (key in _LISTS or not value) else [value]
    texts = [text for text in given if isinstance(text, str)]
    if texts != given:
        raise UsageError(f"the value of {key!r} must be a text{' or a list of texts' if key in _LISTS else ''}")
    return texts


def _is_text(name: str) -> bool:
    """Whether a name is, or means to be, the text of a target."""
    head, dash, _ = name.partition("-")
    return bool(dash) and head.startswith(tuple(_PYTHONS)) and any(char.isdigit() for char in head)


def _overrides(text: str) -> Overrides:
    """The text of a target as overrides.  Raises `UsageError`."""
    head, dash, platform = text.partition("-")
    kind = next((kind for kind in _PYTHONS if head.startswith(kind)), "")
    version = head.removeprefix(kind)
    is_free_threaded = version.endswith("t")
    version = version.removesuffix("t")
    is_odd = is_free_threaded and kind != "python"
    if not (kind and dash and platform) or "." not in version or is_odd:
        raise UsageError(f"{inert(text)!r} is no target such as {EXAMPLE}")
    pairs = [("python_version", version), ("implementation", _PYTHONS[kind]), ("platform", platform)]
    if is_free_threaded:
        pairs.append(("abi", f"cp{''.join(version.split('.')[:2])}t"))
    return tuple(pairs)
