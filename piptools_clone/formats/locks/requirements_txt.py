"""A `Lock` to the text of a ``requirements.txt``, in the spelling of pip-tools, byte for byte."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from piptools_clone.errors import OutputError
from piptools_clone.formats.locks.lock_header import render_header
from piptools_clone.formats.locks.lock_scope import LockScope, render_scope_header
from piptools_clone.formats.locks.pin_order import sorted_pins
from piptools_clone.formats.requirements.direct_reference import is_plain_path, is_relative_file, split_extras
from piptools_clone.formats.requirements.logical_lines import holds_comment
from piptools_clone.formats.sanitize import has_control_character, inert, without_credentials
from piptools_clone.model.lock import Lock, LockOptions, Pin
from piptools_clone.model.names import canonical_name
from piptools_clone.named_tuple import NamedTuple

UNSAFE_PACKAGES = frozenset({"setuptools", "distribute", "pip"})
"""Packages that are not pinned unless asked for."""

UNINSTALLABLE = "The generated requirements file may be rejected by pip install. See # WARNING lines for details."
"""What to say to the user when `Rendered.warns`."""

_COLUMN = 24  # where comments begin in the line style, and have begun since 2014

_UNHASHED = (
    "# WARNING: pip install will require the following package to be hashed.",
    "# Consider using a hashable URL like https://github.com/jazzband/pip-tools/archive/SOMECOMMIT.zip",
)
_UNSAFE_UNPINNED = (
    "# WARNING: The following packages were not pinned, but pip requires them to be",
    "# pinned when the requirements file includes hashes and the requirement is not",
    "# satisfied by a package already installed. Consider using the --allow-unsafe flag.",
)
_UNSAFE = ("# The following packages are considered to be unsafe in a requirements file:",)

_NEEDS_QUOTES = re.compile(r"""[\s'"\\]""")
_NAMED_EXTRAS = r"\[[^\[\]]++\]"


class LockStyle(NamedTuple):
    """How a lock is spelled.

    ``command`` is the text for the header, None for no header; ``python_version`` such as ``3.12`` goes with it.
    ``scope`` tells for which environments a lock of many is; None is one target, whose header is that of pip-tools.
    ``annotation_style`` is ``split`` or ``line``.  ``unsafe_packages`` are canonical.
    """

    command: str | None = None
    python_version: str = ""
    scope: LockScope | None = None
    annotate: bool = True
    annotation_style: str = "split"
    strip_extras: bool = False
    allow_unsafe: bool = False
    unsafe_packages: frozenset[str] = UNSAFE_PACKAGES
    emit_options: bool = True
    emit_index_url: bool = True
    emit_find_links: bool = True
    emit_trusted_host: bool = True
    generate_hashes: bool = False


class Rendered(NamedTuple):
    r"""The text of a lock with ``\n`` line ends, and whether it warns (see `UNINSTALLABLE`)."""

    text: str
    warns: bool


def render_lock(lock: Lock, style: LockStyle) -> Rendered:
    """Spell a lock.  The text ends with one newline, and holds one empty line if there is nothing to say.

    Raises `OutputError` for a pin that a line cannot hold, such as an editable in a part of the environments only.
    """
    safe, unsafe = split_unsafe(lock.pins, style)
    written = (*safe, *unsafe) if style.allow_unsafe else safe
    has_hashes = style.generate_hashes and any(pin.hashes for pin in written)
    unhashed = {pin for pin in safe if has_hashes and not pin.hashes}
    lines = list(_header(style))
    options = list(option_lines(lock.options, style))
    lines += [*options, ""] if options else []
    for pin in safe:
        lines += [*(_UNHASHED if pin in unhashed else ()), _pin_block(pin, style)]
    lines += _unsafe_block(unsafe, style, has_hashes=has_hashes)
    warns = bool(unhashed) or (has_hashes and bool(unsafe) and not style.allow_unsafe)
    return Rendered("\n".join(lines or [""]) + "\n", warns)


def choose_newline(kind: str, old: bytes | None, inputs: Iterable[bytes]) -> str:
    r"""Return the line end to write: ``\n`` or ``\r\n``.

    ``kind`` is ``LF``, ``CRLF``, ``native`` or ``preserve`` in any case; to preserve is to take the line end
    of the old output, else of the first input that has one, else ``\n``.
    """
    known = {"lf": "\n", "crlf": "\r\n", "native": os.linesep}
    if kind.lower() in known:
        return known[kind.lower()]
    for content in (old or b"", *inputs):
        if b"\n" in content:
            return "\r\n" if b"\r\n" in content else "\n"
    return "\n"


def split_unsafe(pins: Iterable[Pin], style: LockStyle) -> tuple[tuple[Pin, ...], tuple[Pin, ...]]:
    """Sort pins, editables first, then by name, into those of the main part and those of the unsafe block."""
    ordered = sorted(sorted_pins(pins), key=lambda pin: (not pin.editable, _first_word(pin)))
    unsafe = style.unsafe_packages
    return tuple(pin for pin in ordered if pin.name not in unsafe), tuple(pin for pin in ordered if pin.name in unsafe)


def names_left_out(text: str) -> frozenset[str]:
    """Read the names that the text of a lock lists as left out for being unsafe, in their comment at its end."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if line in (_UNSAFE[-1], _UNSAFE_UNPINNED[-1])]
    listed = lines[starts[-1] + 1 :] if starts else []
    names = (line.removeprefix("# ").strip() for line in takewhile(lambda line: line.startswith("# "), listed))
    return frozenset(canonical_name(name) for name in names if name.isascii() and not set(name) & set(" #;@"))


def _header(style: LockStyle) -> tuple[str, ...]:
    if style.command is None:
        return ()
    if style.scope is None:
        return render_header(style.command, style.python_version)
    return render_scope_header(style.scope, style.command)


def _first_word(pin: Pin) -> str:
    """What a line is sorted by: its name, or the path that stands in its place."""
    return pin.url if is_plain_path(pin.url) and not pin.editable else pin.name or pin.url


def option_lines(options: LockOptions, style: LockStyle) -> Iterator[str]:
    """Spell the options that a lock repeats, none of them with credentials."""
    if not style.emit_options:
        return
    if style.emit_index_url:
        if options.index_url:
            yield f"--index-url {without_credentials(options.index_url)}"
        for url in options.extra_index_urls:
            yield f"--extra-index-url {without_credentials(url)}"
    if style.emit_find_links:
        for place in options.find_links:
            yield f"--find-links {_option_value(without_credentials(place))}"
    if style.emit_trusted_host:
        for host in options.trusted_hosts:
            yield f"--trusted-host {host}"
    yield from _format_control_lines(options)


def format_names(names: Iterable[str]) -> tuple[str, ...]:
    """Order the values of ``--no-binary`` or ``--only-binary``: ``:all:`` first, then names."""
    return tuple(sorted(set(names), key=lambda name: (name != ":all:", name)))


def requirement_text(pin: Pin, *, strip_extras: bool = False) -> str:
    """Spell a pin without marker and hashes: ``name[extras]==version``, ``name @ url``, ``-e path``."""
    extras = f"[{','.join(pin.extras)}]" if pin.extras and not strip_extras else ""
    if pin.editable:
        return f"-e {_option_value(split_extras(pin.url)[0] if strip_extras else pin.url)}"
    if is_plain_path(pin.url):
        return pin.url + extras
    if pin.url and is_relative_file(pin.url) and not extras:
        return pin.url
    if pin.url:
        return f"{pin.name}{extras} @ {pin.url}" if pin.name else pin.url
    return f"{pin.name}{extras}{pin.operator}{pin.version}"


def _format_control_lines(options: LockOptions) -> Iterator[str]:
    """Spell format control: what holds for all first, since a name overrules it only when it comes later."""
    pairs = [
        (flag, name) for flag, names in (("no", options.no_binary), ("only", options.only_binary)) for name in names
    ]
    for flag, name in sorted(set(pairs), key=lambda pair: (pair[1] != ":all:", pair)):
        yield f"--{flag}-binary {name}"


def _option_value(text: str) -> str:
    """Quote the value of an option where pip would otherwise read several words."""
    if _NEEDS_QUOTES.search(text) is None:
        return text
    import shlex

    return shlex.quote(text)


def _pin_block(pin: Pin, style: LockStyle) -> str:
    """Spell a pin with its marker, hashes and annotation, several lines where need be."""
    line = requirement_text(pin, strip_extras=style.strip_extras)
    if pin.marker and not pin.editable:
        line += f" ; {pin.marker}"
    elif pin.marker and style.scope:
        raise _partly_editable(pin)
    _check_line(line, pin)
    hashes = pin.hashes if style.generate_hashes else ()
    line += "".join(f" \\\n    --hash={digest}" for digest in sorted(set(hashes)))
    if not style.annotate or not pin.via:
        return line
    if style.annotation_style == "line":
        between = "\n    " if hashes else "  "
        return f"{line:{_COLUMN}}{between}# via {', '.join(_sources(pin, style))}".rstrip()
    return f"{line}\n{_split_annotation(_sources(pin, style))}"


def _partly_editable(pin: Pin) -> OutputError:
    """What to say of an editable that holds in a part of the environments.

    Pip passes over whatever follows the value of ``-e``, so that the line would hold everywhere.  Where uv reads a
    marker there, and where newer pips do (quoted, ``-e 'name @ file:///folder ; marker'``), the other refuses the line.
    """
    return OutputError(
        f"-e {inert(pin.url)} holds only where {inert(pin.marker)}, which a line that begins with -e cannot say",
        hint="name the project without -e, as 'name @ file:///folder ; marker', or lock it for all the environments",
    )


def _check_line(line: str, pin: Pin) -> None:
    """Refuse what would be another line, an option or a comment when it is read: the last gate before a lock."""
    words = () if pin.editable else line.split(" ")[1:]
    if (
        any(map(has_control_character, (line, *pin.via, *pin.hashes)))
        or line.endswith("\\")
        or holds_comment(line)
        or any(word.startswith("-") for word in words)
    ):
        raise OutputError(
            f"{inert(pin.name or pin.url)}: a line of a lock cannot hold {inert(line)!r}",
            hint="look into the files that require it for characters that cannot be seen",
        )


def _sources(pin: Pin, style: LockStyle) -> list[str]:
    """Name who requires a pin.  Extras are stripped from names of packages only: a path may hold brackets."""
    if not style.strip_extras:
        return sorted(set(pin.via))
    return sorted({re.sub(_NAMED_EXTRAS, "", via) if "[" in via and " " not in via else via for via in pin.via})


def _split_annotation(sources: list[str]) -> str:
    if len(sources) == 1:
        return f"    # via {sources[0]}"
    return "\n".join(["    # via", *(f"    #   {source}" for source in sources)])


def _unsafe_block(pins: tuple[Pin, ...], style: LockStyle, *, has_hashes: bool) -> list[str]:
    if not pins:
        return []
    unpinned = has_hashes and not style.allow_unsafe
    body = (_pin_block(pin, style) if style.allow_unsafe else f"# {pin.name}" for pin in pins)
    return ["", *(_UNSAFE_UNPINNED if unpinned else _UNSAFE), *dict.fromkeys(body)]
