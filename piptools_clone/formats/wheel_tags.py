"""Which wheels fit a target, and how well (PEP 425).  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class TagRanks:
    """The compatible tags of a target, best first, as ranks; remembers every compressed set it has seen."""

    def __init__(self, tags: Sequence[str]) -> None:
        self._ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags)))}
        self._platforms = {tag.rpartition("-")[2] for tag in tags}
        self._seen: dict[str, int | None] = {}

    def rank(self, tags: str) -> int | None:
        """The rank of the best tag of a triple as file names have it (``cp39-abi3-linux_a.linux_b``), 0 the best.

        None when no tag fits.
        """
        if tags not in self._seen:
            ranks = self._ranks
            self._seen[tags] = min((ranks[tag] for tag in expand(tags) if tag in ranks), default=None)
        return self._seen[tags]

    def describe(self, triples: Iterable[str]) -> str:
        """What unfit wheels are for, in words: interpreters when the platform would do, else platforms."""
        wanted = sorted(set(triples))
        near = [triple for triple in wanted if self._platforms.intersection(triple.rpartition("-")[2].split("."))]
        if near:
            names = {name for triple in near for name in _interpreters(triple)}
        else:
            names = {name for triple in wanted for name in triple.rpartition("-")[2].split(".")}
        shown = sorted(names)
        return ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")


def expand(tags: str) -> Iterable[str]:
    """All tags of a compressed triple, in lower case."""
    pythons, abis, platforms = (part.split(".") for part in tags.lower().split("-"))
    return [f"{python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms]


def _interpreters(triple: str) -> list[str]:
    pythons, abis, _ = triple.split("-")
    return [python if abis in ("none", python) else f"{python} ({abis})" for python in pythons.split(".")]
