"""The options that may stand in a requirements file: how a line is split into them, and what all of them come to.

The list is pip's: global options (about the index, the formats, the releases), ``-r``, ``-c`` and ``-e``, and the
options of one requirement, ``--hash`` and ``--config-settings``.  What pip refuses in a file
(``--uploaded-prior-to``, the former ``--global-option`` ...) is refused here as "no such option".
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from piptools_clone.formats.requirements.grammar import OPTIONS_LENGTH, SHA256, LineProblem
from piptools_clone.formats.sanitize import harmless
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.named_tuple import NamedTuple

_VALUES = {
    "-i": "index_url",
    "--index-url": "index_url",
    "--pypi-url": "index_url",
    "--extra-index-url": "extra_index_url",
    "-f": "find_links",
    "--find-links": "find_links",
    "--trusted-host": "trusted_host",
    "--no-binary": "no_binary",
    "--only-binary": "only_binary",
    "--all-releases": "all_releases",
    "--only-final": "only_final",
    "--use-feature": "use_feature",
    "-r": "requirement",
    "--requirement": "requirement",
    "-c": "constraint",
    "--constraint": "constraint",
    "-e": "editable",
    "--editable": "editable",
    "--hash": "hash",
    "-C": "config_settings",
    "--config-settings": "config_settings",
}
_FLAGS = {
    "--no-index": "no_index",
    "--prefer-binary": "prefer_binary",
    "--pre": "pre",
    "--require-hashes": "require_hashes",
    "--no-require-hashes": "no_require_hashes",
}
_ONLY_HASHES = re.compile(rf"(?:--hash={SHA256}\s*+)++").fullmatch
_QUOTES = frozenset("\"'\\")
_LONG = tuple(name for name in (*_VALUES, *_FLAGS) if name.startswith("--"))

OF_A_REQUIREMENT = frozenset({"hash", "config_settings"})
"""Options that belong to the requirement on whose line they stand."""

OF_ANY_LINE = frozenset({"no_binary", "only_binary", "all_releases", "only_final"})
"""Options that hold for all packages whatever else stands on their line: pip takes them in while it reads the line."""

_ADDRESSES = ("index_url", "extra_index_url", "find_links")


class SplitLine(NamedTuple):
    """A line in its parts: the requirement, (option, value) pairs in their order, and words that belong to neither."""

    requirement: str
    options: tuple[tuple[str, str], ...]
    stray: tuple[str, ...] = ()

    def first(self, option: str) -> str | None:
        """Return the first value of an option, None if it is not there."""
        return next((value for name, value in self.options if name == option), None)

    def values(self, option: str) -> tuple[str, ...]:
        """Return all values of an option."""
        return tuple(value for name, value in self.options if name == option)


@lru_cache(maxsize=1 << 12)
def split_line(text: str) -> SplitLine:
    """Split a logical line, each text once.

    Only the options are unquoted as in a shell: quotes in markers keep their meaning.  Raises `LineProblem` for
    an unknown option, a missing value or an open quote.
    """
    requirement, rest = _requirement_and_options(text)
    if not rest:
        return SplitLine(requirement, ())
    if _ONLY_HASHES(rest):  # as nearly all lines of a lock
        return SplitLine(requirement, tuple([("hash", word[len("--hash=") :]) for word in rest.split()]))
    pairs = tuple(_read_options(iter(_unquoted(rest))))
    options = tuple((name, value) for name, value in pairs if name)
    return SplitLine(requirement, options, tuple(value for name, value in pairs if not name))


class CollectedOptions:
    """What the option lines read so far say.

    ``place_find_links`` turns a find-links value as written into one that holds from the working folder.
    ``typed`` maps each address to the text before ``${VAR}`` was replaced, where the two differ.
    """

    __slots__ = ("_extra_index_urls", "_pairs", "_values", "typed")

    def __init__(self) -> None:
        self.typed: dict[str, str] = {}
        self._values: dict[str, object] = {}
        self._extra_index_urls: list[str] = []
        self._pairs: dict[str, list[object]] = {}

    def add_of_any_line(self, split: SplitLine) -> None:
        """Take over the options that hold whatever else stands on their line."""
        for name, value in split.options:
            if name in OF_ANY_LINE:
                self._take(name, value)

    def add(self, split: SplitLine, typed: SplitLine, place_find_links: Callable[[str], str]) -> None:
        """Take over the other options of a line of options, in the order in which they stand there."""
        same_shape = [name for name, _ in split.options] == [name for name, _ in typed.options]
        for (name, value), (_, raw) in zip(split.options, typed.options if same_shape else split.options, strict=True):
            if name in OF_ANY_LINE:
                continue
            placed = place_find_links(value) if name == "find_links" else value
            if name in _ADDRESSES and raw != value:
                self.typed[placed] = raw
            self._take(name, placed)

    def _take(self, name: str, value: str) -> None:
        if name in {"no_index", "prefer_binary", "pre"}:
            self._values[name] = True
        elif name in {"require_hashes", "no_require_hashes"}:
            self._values["require_hashes"] = name == "require_hashes"
        elif name == "index_url":
            # As in pip, a later --index-url replaces every index named before it, the extra ones too.
            self._values[name] = value
            self._extra_index_urls.clear()
        elif name == "extra_index_url":
            self._extra_index_urls.append(value)
        elif name in {"no_binary", "only_binary"}:
            self._pairs.setdefault("format_control", []).append((name, value))
        elif name in {"all_releases", "only_final"}:
            self._pairs.setdefault("release_control", []).append((name, value))
        elif name in {"find_links", "trusted_host", "use_feature"}:
            self._pairs.setdefault({"trusted_host": "trusted_hosts"}.get(name, name), []).append(value)

    def options(self) -> IndexOptions:
        """Everything said so far as a value."""
        lists = {name: tuple(dict.fromkeys(values)) for name, values in self._pairs.items() if "control" not in name}
        ordered = {name: tuple(values) for name, values in self._pairs.items() if "control" in name}
        extra = tuple(dict.fromkeys(self._extra_index_urls))
        return IndexOptions()._replace(**self._values, **lists, **ordered, extra_index_urls=extra)  # type: ignore[arg-type]  # the keys are fields


def _unquoted(text: str) -> list[str]:
    """The words of a text, unquoted as in a shell; `shlex`, at 50 us a hash, is left to lines that quote something."""
    if text.isascii() and text.isprintable() and not _QUOTES.intersection(text):
        return text.split()
    if len(text) > OPTIONS_LENGTH:
        raise LineProblem(f"the options of the line are longer than {OPTIONS_LENGTH:,} characters")
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        raise LineProblem(f"cannot split '{harmless(text)}' into options ({error})", "close the quote") from None


def _requirement_and_options(text: str) -> tuple[str, str]:
    words = text.split(" ")
    for position, word in enumerate(words):
        if word.startswith("-"):
            return " ".join(words[:position]).strip(), " ".join(words[position:])
    return text.strip(), ""


def _read_options(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if word == "--":
            yield from (("", stray) for stray in words)
        elif not word.startswith("-") or word == "-":
            yield "", word
        else:
            yield _read_option(word, words)


def _read_option(word: str, words: Iterator[str]) -> tuple[str, str]:
    name, value = _name_and_value(word)
    if name in _FLAGS:
        if value is not None:
            raise LineProblem(f"option {name} takes no value")
        return _FLAGS[name], ""
    if value is None:
        value = next(words, None)
    if value is None:
        raise LineProblem(f"option {name} needs a value")
    return _VALUES[name], value


def _name_and_value(word: str) -> tuple[str, str | None]:
    """``--hash=x``, ``--hash`` and ``-rx`` as name and value; None where the value is the next word."""
    if not word.startswith("--"):
        name, value = word[:2], word[2:]
        return _known(name, word), value or None
    name, equals, value = word.partition("=")
    return _known(name, word), value if equals else None


def _known(name: str, word: str) -> str:
    if name in _VALUES or name in _FLAGS:
        return name
    # pip reads any unambiguous beginning of a long option: --extra-index is --extra-index-url.
    matches = [long for long in _LONG if name.startswith("--") and long.startswith(name)]
    meanings = {_VALUES.get(match, match) for match in matches}
    if len(meanings) == 1:
        return matches[0]
    if matches:
        raise LineProblem(f"option {harmless(name)} is ambiguous: {', '.join(sorted(matches))}")
    raise _no_such_option(name, word)


def _no_such_option(name: str, word: str) -> LineProblem:
    import difflib

    near = difflib.get_close_matches(name, _LONG, n=1)
    hint = f"did you mean {near[0]}?" if near else "only options of pip's requirements file format may stand here"
    return LineProblem(f"no such option: {harmless(word)}", hint)
