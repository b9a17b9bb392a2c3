"""The law of locks for many environments: no version is given up for a reason that exists in no environment.

It is held at each conflict, and at each decision whose better versions were excluded by propagation.  The trail is
followed from what was excluded back to decisions; the labels of all facts on the way, and the reach of all decided
parts, have environments in common, or the reason is spurious.  Then packages are cut so that it cannot come again,
and the search begins anew: what was read is in memory, and the parts stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.resolve.explain.fact_chains import detail_of
from piptools_clone.resolve.parts.labels import NeededIn, RequiredIn, is_forbidden, markers_of_fact, said_by
from piptools_clone.solver.incompatibility import Incompatibility, leaves

if TYPE_CHECKING:
    from piptools_clone.model.environments import Environments
    from piptools_clone.resolve.parts.labels import Labels
    from piptools_clone.resolve.parts.part import Part, Partition
    from piptools_clone.resolve.parts.reach import Reach
    from piptools_clone.solver.solver import Search


class Cut(Exception):
    """Parts are to be cut along a set of environments, and the search is to begin anew."""

    def __init__(self, parts: Sequence[Part], cells: int) -> None:
        super().__init__(*(part.key for part in parts))
        self.parts = parts
        self.cells = cells


class Law:
    """Judges the conflicts and the choices of one search after the other (`solver.Referee`).

    ``spell`` gives the text of a set, by some markers: of sets that serve, the one with the shortest text is taken.
    """

    def __init__(
        self,
        environments: Environments,
        partition: Partition,
        labels: Labels,
        reach: Reach,
        spell: Callable[[int, Iterable[str]], str],
    ) -> None:
        self._environments = environments
        self._partition = partition
        self._labels = labels
        self._reach = reach
        self._spell = spell
        self._search: Search | None = None
        self.has_forbidden = False
        """Whether a solution was forbidden as a whole; what stands on that is no fact about environments."""

    def begin(self, search: Search) -> None:
        """Hear of a search that begins."""
        self._search = search

    def decisions(self) -> dict[Part, int]:
        """The state of each part that is decided in the search."""
        decided = self._search.decisions() if self._search is not None else {}
        return {self._partition.part(key): state for key, state in decided.items() if "[" not in key}

    def meet(self, violated: Incompatibility) -> None:
        """Raise `Cut` for a conflict that no environment sees."""
        assert self._search is not None
        exclusion = self._search.exclusion(violated.terms.items())
        self._judge([violated, *exclusion.causes], exclusion.decided)

    def check_choice(self, part: Part, better: int, may_be: Callable[[int], bool]) -> None:
        """Raise `Cut` if better states than the one to be chosen are excluded for a reason that no environment sees.

        ``may_be`` tells whether one of some states could be chosen at all.
        """
        search = self._search
        assert search is not None
        for cause, lost in search.removals(part.key, better) if better else ():
            others = [term for term in cause.terms.items() if term[0] != part.key]
            exclusion = search.exclusion(others)
            try:
                self._judge([cause, *exclusion.causes], exclusion.decided, asked=part)
            except Cut:
                if may_be(lost):
                    raise

    def refute(self, refutation: Incompatibility) -> int:
        """The environments where a refutation is true; raises `Cut` where there are none."""
        facts = leaves(refutation)
        if self._stands_on_forbidden([refutation]):
            return self._environments.everything  # each solution was taken out as a whole
        label = self._labels.label(refutation)
        if not label:
            self._cut(facts, (), [self._labels.label(fact) for fact in facts])
            raise AssertionError("a spurious refutation offers no cut")
        return label

    def _judge(self, causes: Sequence[Incompatibility], decided: Iterable[str], *, asked: Part | None = None) -> None:
        if self._stands_on_forbidden(causes):
            return
        seen = [self._labels.label(cause) for cause in causes]
        common = self._environments.everything
        for cells in seen:
            common &= cells
        if asked is not None:
            seen.append(self._followed(asked.key))
            common &= seen[-1]
        for key in sorted(decided):
            if not common:
                break
            seen.append(self._followed(key))
            common &= seen[-1]
        if not common:
            self._cut(causes, decided, seen)

    def _stands_on_forbidden(self, causes: Iterable[Incompatibility]) -> bool:
        return self.has_forbidden and any(is_forbidden(leaf) for cause in causes for leaf in leaves(cause))

    def _followed(self, key: str) -> int:
        """Where a part, or an extra of one, is needed by what is decided."""
        self._reach.follow(self.decisions())
        extra = key.partition("[")[2].rpartition("]")[0]
        return self._reach.cells(self._partition.part(key), extra)

    def _cut(self, causes: Sequence[Incompatibility], decided: Iterable[str], seen: Sequence[int]) -> None:
        """Raise `Cut` along the set with the shortest text that separates two of the sets that were seen."""
        facts = list({id(leaf): leaf for cause in causes for leaf in leaves(cause)}.values())
        parts = self._parts_of(facts, decided)
        markers = sorted({marker for fact in facts for marker in markers_of_fact(fact)})
        best: tuple[tuple[bool, int, str], int, list[Part]] | None = None
        for cells in self._candidates(facts, seen):
            hit = [part for part in parts if part.cells & cells and part.cells & ~cells]
            if not hit:
                continue
            inside = any(each and not each & ~cells for each in seen)
            outside = any(each and not each & cells for each in seen)
            text = self._spell(cells, markers)
            score = (not (inside and outside), len(text), text)
            if best is None or score < best[0]:
                best = score, cells, hit
        if best is not None:
            _, cells, hit = best
            raise Cut(self._wanted_from_both_sides(facts, cells, hit) or hit, cells)

    def _candidates(self, facts: Iterable[Incompatibility], seen: Iterable[int]) -> Iterator[int]:
        """Sets along which a cut may go, each once."""
        found = dict.fromkeys(seen)
        for fact in facts:
            found[self._labels.said_cells(detail_of(fact))] = None
            found[self._labels.label(fact)] = None
        everything = self._environments.everything
        return (cells & everything for cells in found if cells & everything)

    def _parts_of(self, facts: Iterable[Incompatibility], decided: Iterable[str]) -> list[Part]:
        keys = [key for fact in facts for key in fact.terms] + [*decided]
        parts: Mapping[Part, None] = dict.fromkeys(map(self._partition.part, keys))
        return sorted(parts, key=lambda part: (part.name, part.number))

    def _wanted_from_both_sides(
        self, facts: Iterable[Incompatibility], cells: int, parts: Iterable[Part]
    ) -> list[Part]:
        """Of some parts those of which one fact wants something inside a set alone, and one outside of it alone."""
        sides: dict[Part, set[bool]] = {}
        for fact in facts:
            label = self._labels.label(fact)
            wanted = {said.wanted for said in said_by(fact) if isinstance(said, (RequiredIn, NeededIn))}
            if not label & ~cells or not label & cells:
                for part in wanted:
                    sides.setdefault(part, set()).add(bool(label & ~cells))
        return [part for part in parts if len(sides.get(part, ())) == 2]
