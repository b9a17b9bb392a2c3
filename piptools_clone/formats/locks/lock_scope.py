"""For which environments a lock of many is, as its header says it, both ways.

Bots that run pip-tools would make such a lock one for their own host.  So its header is not taken for pip-tools' own:

* it lacks the words by which pip-tools' header is known, and the command has options at which Renovate stops;
* its output is named with ``-o``, where Dependabot looks for ``--output-file``;
* Dependabot also takes a ``.in`` and a ``.txt`` file of one name for a pair, whatever the header says.  It then runs
  pip-tools with the resolver that the text names after ``--resolver=``, and pip-tools refuses a name that it does not
  know before it writes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from piptools_clone.formats.locks.lock_header import leading_comment, option_words, options_of_header, quoted
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

FORK_STRATEGY = "requires-python"
"""The fork strategy that holds where none is named."""

_TITLE = "# This is a lock for many environments"
_MADE = ", made by piptools-clone with: "
_PYTHON = " (Python "
_WARNING = "# pip-tools cannot update it (it has no --resolver=universal); the command was:"
_UV = "#    uv pip compile "
_LONGEST = 20_000  # characters of a line of the header, before it is cut

_FIELDS = {
    "--universal": "universal",
    "--python-version": "python",
    "--fork-strategy": "fork_strategy",
    "--environment": "environments",
    "--required-environment": "required_environments",
    "--target": "targets",
}


class LockScope(NamedTuple):
    """The environments of a lock of many.

    ``universal`` is for every platform and the Pythons of ``python``, a specifier set such as ``>=3.10``; else it is
    for the ``targets`` of these names.  ``by_default`` tells that no option asks for these Pythons: they are those of
    the project's ``requires-python``, else of the Python that locked first.  ``environments`` and
    ``required_environments`` are markers.
    """

    universal: bool = False
    python: str = ""
    by_default: bool = False
    fork_strategy: str = FORK_STRATEGY
    environments: tuple[str, ...] = ()
    required_environments: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The options that ask for this scope, sorted, quoted for a shell."""
        values = self._asdict() | {"python": "" if self.by_default else self.python}
        if self.fork_strategy == FORK_STRATEGY:
            values["fork_strategy"] = None
        words = (word for name, field in _FIELDS.items() for word in option_words(name, values[field] or None))
        return tuple(sorted(words))


def render_scope_header(scope: LockScope, command: str) -> tuple[str, ...]:
    """Return the lines of the header of a lock for many environments.

    ``command`` is what made it; the options of the scope stand in it, too, unless it is a command of the user's own.
    """
    python = f"{_PYTHON}{scope.python})" if scope.universal and scope.python else ""
    title = f"{_TITLE}{python}{_MADE}{' '.join(scope.options)}"
    lines = command_in_scope(command, scope).splitlines() or [""]
    return "#", inert(title, _LONGEST), _WARNING, "#", *(f"#    {line}" for line in lines), "#"


def command_in_scope(command: str, scope: LockScope) -> str:
    """Put the options of a scope into a command of ``pip-compile``, in the place of those that it has.

    Any other command stays as it is.
    """
    words = options_of_header(f"#    {command}\n")
    if words[:1] != ("pip-compile",) or "\n" in command:
        return command
    end = words.index("--") if "--" in words else len(words)
    typed = [word for word in words[1:end] if word.startswith("--")]
    options = {*scope.options, *(spelled for word in typed for spelled in _spelled(word))}
    sources = [word if word == "--" else quoted(word) for word in words[1:] if word not in typed]
    return " ".join(["pip-compile", *sorted(options), *sources])


def _spelled(word: str) -> Iterator[str]:
    """An option of a command once more, unless it is one of a scope."""
    name, equals, value = word.partition("=")
    if name == "--output-file":
        yield f"-o {quoted(value)}"
    elif name not in _FIELDS:
        yield from option_words(name, value if equals else True)


def scope_of_lock(text: str) -> LockScope | None:
    """For which environments a lock says that it is; None where it is for one, or does not say.

    Locks that uv made with ``--universal`` are read as well.
    """
    comment = leading_comment(text)
    title = next((line for line in comment if line.startswith(_TITLE)), None)
    if title is not None:
        return _scope_of_title(title)
    if not any(line.startswith(_UV) for line in comment):
        return None
    words = options_of_header(text)
    return _scope_of_uv(words[3:]) if "--universal" in words else None


def _scope_of_title(title: str) -> LockScope:
    import shlex

    before, _, options = title.partition(_MADE)
    python = before.partition(_PYTHON)[2].rpartition(")")[0]
    try:
        scope = _read(shlex.split(options))
    except ValueError:
        scope = LockScope()
    if not scope.universal:
        return scope
    return scope._replace(python=python or scope.python, by_default=bool(python) and not scope.python)


def _read(words: Sequence[str]) -> LockScope:
    values: dict[str, list[str]] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name in _FIELDS:
            values.setdefault(_FIELDS[name], []).append(value)
    return LockScope(
        universal="universal" in values,
        python=values.get("python", [""])[-1],
        fork_strategy=values.get("fork_strategy", [FORK_STRATEGY])[-1],
        environments=tuple(values.get("environments", ())),
        required_environments=tuple(values.get("required_environments", ())),
        targets=tuple(values.get("targets", ())),
    )


def _scope_of_uv(words: Sequence[str]) -> LockScope:
    """What a command of ``uv pip compile --universal`` asks for: its Python is the oldest one."""
    found = {"python": "", "fork_strategy": FORK_STRATEGY}
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        field = "python" if name == "-p" else _FIELDS.get(name, "")
        if field in found:
            found[field] = value if equals else following
    python = found["python"]
    oldest = f">={python}" if python and set(python) <= set("0123456789.") else ""
    return LockScope(universal=True, python=oldest, fork_strategy=found["fork_strategy"])
