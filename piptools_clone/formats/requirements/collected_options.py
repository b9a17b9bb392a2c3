"""Options of requirements files, gathered line by line, to one `IndexOptions` value, by pip's rules of order."""

from __future__ import annotations

from collections.abc import Callable

from piptools_clone.formats.requirements.file_options import OF_ANY_LINE, SplitLine
from piptools_clone.model.index_options import IndexOptions

_ADDRESSES = ("index_url", "extra_index_url", "find_links")


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
