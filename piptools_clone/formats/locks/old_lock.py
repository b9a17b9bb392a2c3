"""The text of a ``requirements.txt`` back to a `Lock`: what earlier runs, or other tools, wrote.

A lock is a requirements file, so the lines are read by the parser of those; only the ``# via`` comments
are read here.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence

from piptools_clone.errors import InputError, OutputError
from piptools_clone.formats.locks.pin_order import sorted_pins
from piptools_clone.formats.locks.requirements_txt import LockStyle, format_names, requirement_text, split_unsafe
from piptools_clone.formats.requirements.direct_reference import split_extras
from piptools_clone.formats.requirements.grammar import LineProblem, is_archive
from piptools_clone.formats.requirements.logical_lines import conflict_line, decode_requirements
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.formats.requirements.requirements_in import Read, Wanted, parse_requirements, written_address
from piptools_clone.formats.sanitize import harmless
from piptools_clone.formats.schemes import is_vcs
from piptools_clone.model.lock import Lock, LockOptions, Pin
from piptools_clone.model.policy import FormatControl
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.named_tuple import NamedTuple

_VIA = re.compile(r"(?:^|\s)#\s*via(?:\s+(?P<sources>\S.*))?$")
_MORE = re.compile(r"\s*#   (?P<source>\S.*)$")


class OldPin(NamedTuple):
    """A pin of a lock with the place where it stands."""

    pin: Pin
    origin: Origin


class OldLock(NamedTuple):
    """What a lock file says.

    ``pins`` are its pinned, direct and editable lines in their order, ``options`` its options.  ``included`` are pins
    of locks that it names with ``-r``, where these were read as well (`with_included`).
    """

    pins: tuple[OldPin, ...] = ()
    options: LockOptions = LockOptions()
    included: tuple[OldPin, ...] = ()

    @property
    def lock(self) -> Lock:
        """The same as a value without places, sorted as locks are."""
        return Lock(sorted_pins(old.pin for old in self.pins), self.options)


def parse_lock(
    content: str | bytes,
    path: str,
    *,
    environ: Mapping[str, str] | None = None,
    working_folder: str = ".",
    files: Mapping[str, bytes] | None = None,
) -> OldLock:
    """Read a lock.  An empty one is none: no pins, no options.

    ``path`` is for messages.  ``files`` are the contents of files that it names with ``-r`` or ``-c`` (it seldom does);
    a named file that is not there counts as empty.  ``working_folder`` is absolute where relative paths matter.
    Raises `OutputError` naming the line when the text is no requirements file, such as one with the marks of a merge
    conflict.
    """
    try:
        text = content if isinstance(content, str) else decode_requirements(content)
        wanted = parse_requirements(
            path, _reader(text, files or {}), environ=environ or {}, working_folder=working_folder
        )
    except LineProblem as problem:
        raise OutputError(f"{harmless(path)}: {problem.message}", hint=_way_out(path)) from None
    except InputError as error:
        in_conflict = conflict_line(text) > 0
        raise OutputError(error.message, hint=_way_out(path, in_conflict=in_conflict)) from None
    return _old_lock(wanted, _annotations(text))


def names_files(text: str) -> bool:
    """Whether a lock names other files with ``-r``, as pip-compile-multi has its locks do."""
    return any(line.startswith(("-r", "--requirement")) for line in text.splitlines())


def with_included(old: OldLock, text: str, path: str, read: Read, *, working_folder: str) -> OldLock:
    """Add the pins of the locks that a lock names with ``-r``; ``read`` gives their content.

    They hold for what the lock locks as its own do, as in pip-tools.
    """
    contents = [BOM_UTF8 + text.encode("utf-8", "replace")]
    try:
        wanted = parse_requirements(
            path, lambda name: contents.pop() if contents else read(name), environ={}, working_folder=working_folder
        )
    except (InputError, LineProblem):
        return old  # one of them is no lock, which is for the run that writes it to say
    places = {pin.origin for pin in old.pins}
    return old._replace(included=tuple(each for each in _old_lock(wanted, {}).pins if each.origin not in places))


def as_written(lock: Lock, style: LockStyle) -> Lock:
    """Reduce a lock to what its text in this style can say, so that it equals what `parse_lock` reads back.

    The text does not hold the version of a direct reference, the name and marker of an editable, nor what the style
    leaves out.
    """
    safe, unsafe = split_unsafe(lock.pins, style)
    pins = (*safe, *unsafe) if style.allow_unsafe else safe
    options = lock.options if style.emit_options else LockOptions()
    if not style.emit_index_url:
        options = options._replace(index_url=None, extra_index_urls=())
    if not style.emit_find_links:
        options = options._replace(find_links=())
    if not style.emit_trusted_host:
        options = options._replace(trusted_hosts=())
    options = options._replace(no_binary=format_names(options.no_binary), only_binary=format_names(options.only_binary))
    return Lock(sorted_pins(_pin_as_written(pin, style) for pin in pins), options)


def with_own_names(pins: Sequence[Pin], old: OldLock) -> tuple[Pin, ...]:
    """Keep a pin's own name among its requirers where the old lock has it and the version is the same.

    pip-tools writes it for some requirements with extras, such as ``Django[argon2]>=4``: no line is to change for that.
    """
    named = {(each.pin.name, each.pin.version) for each in old.pins if each.pin.name in each.pin.via}
    if not named:
        return tuple(pins)
    return tuple(
        pin._replace(via=tuple(sorted({*pin.via, pin.name}))) if (pin.name, pin.version) in named else pin
        for pin in pins
    )


def _reader(text: str, files: Mapping[str, bytes]) -> Read:
    """Return a reader that gives the lock itself first, then the files that it names."""
    # The mark says that this is UTF-8, whatever a coding line inside says.
    lock = [BOM_UTF8 + text.encode("utf-8", "replace")]
    return lambda name: lock.pop() if lock else files.get(name, b"")


def _pin_as_written(pin: Pin, style: LockStyle) -> Pin:
    pin = pin._replace(
        hashes=tuple(sorted(set(pin.hashes))) if style.generate_hashes else (),
        via=tuple(sorted(set(pin.via))) if style.annotate else (),
        extras=() if style.strip_extras else pin.extras,
    )
    if not pin.url:
        return pin._replace(unhashable=False)
    if pin.editable and style.strip_extras:
        pin = pin._replace(url=split_extras(pin.url)[0])
    read = parse_line(requirement_text(pin), Origin("", 0, ""))
    return _direct_pin(read, "" if pin.editable else pin.marker)._replace(hashes=pin.hashes, via=pin.via)


def _old_lock(wanted: Wanted, annotations: Mapping[int, tuple[str, ...]]) -> OldLock:
    vias = _attach(sorted(requirement.origin.line for requirement in wanted.requirements), annotations)
    pins = ((_pin(requirement), requirement.origin) for requirement in wanted.requirements)
    return OldLock(
        tuple(OldPin(pin._replace(via=vias.get(origin.line, ())), origin) for pin, origin in pins if pin is not None),
        _lock_options(wanted),
    )


def _pin(requirement: Requirement) -> Pin | None:
    if requirement.url:
        return _direct_pin(requirement, requirement.marker)
    pinned = requirement.pinned
    if pinned is None:
        return None
    return Pin(
        requirement.name or "",
        pinned.version,
        requirement.extras,
        operator=pinned.operator,
        marker=requirement.marker,
        hashes=requirement.hashes,
    )


def _direct_pin(requirement: Requirement, marker: str) -> Pin:
    url = requirement.url or ""
    return Pin(
        requirement.name or "",
        "",
        requirement.extras,
        url=requirement.shown,
        editable=requirement.editable,
        marker=marker,
        hashes=requirement.hashes,
        unhashable=requirement.editable or is_vcs(url) or not is_archive(url.partition("#")[0]),
    )


def _lock_options(wanted: Wanted) -> LockOptions:
    options = wanted.options
    control = FormatControl.from_options(options.format_control)

    def written(addresses: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(written_address(address, wanted.typed) for address in addresses)

    return LockOptions(
        index_url=written((options.index_url,))[0] if options.index_url else None,
        extra_index_urls=written(options.extra_index_urls),
        find_links=written(options.find_links),
        trusted_hosts=options.trusted_hosts,
        no_binary=format_names(control.no_binary),
        only_binary=format_names(control.only_binary),
    )


def _annotations(text: str) -> dict[int, tuple[str, ...]]:
    """Find the sources in ``# via`` comments of both styles, by the number of their line."""
    found: dict[int, tuple[str, ...]] = {}
    is_open = False
    for number, line in enumerate(text.splitlines(), 1):
        if "#" not in line:  # as nearly all lines of a lock with hashes
            is_open = False
            continue
        via, more = _VIA.search(line), _MORE.match(line)
        if via:
            found[number] = tuple(via["sources"].split(", ")) if via["sources"] else ()
        elif more and is_open:
            found[number] = (more["source"],)
        is_open = bool(via and not via["sources"]) or bool(more and is_open)
    return found


def _attach(starts: list[int], annotations: Mapping[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    """Give each comment to the requirement that it follows, or on whose line it stands."""
    from bisect import bisect_right

    found: dict[int, list[str]] = {}
    for number, sources in annotations.items():
        position = bisect_right(starts, number)
        if position:
            found.setdefault(starts[position - 1], []).extend(source.strip() for source in sources)
    return {line: tuple(sorted(set(sources))) for line, sources in found.items()}


def _way_out(path: str, *, in_conflict: bool = False) -> str:
    name = harmless(path)
    if in_conflict:  # git restores no file that is in conflict, but for one of its sides
        return f"take one side (git checkout --ours {name}, or --theirs), or delete it, and compile again"
    return f"fix the line, or restore the file (git checkout -- {name}), or delete it to lock anew"
