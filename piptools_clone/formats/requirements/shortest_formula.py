"""The shortest formula that holds at some points, does not hold at others, and may do either elsewhere.

A formula is a chain of alternatives or of conditions, each a comparison, a conjunction or a disjunction of some, or
again such a chain: all formulas of two levels, and those of more levels that have one long side.  All of them are
looked at where that is quick; after so many steps the best next part is taken each time.  The outcome depends on the
points and texts alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from heapq import nsmallest
from operator import and_, itemgetter, or_

from piptools_clone.named_tuple import NamedTuple

MOST_BRANCHES = 10_000
"""Conjunctions and disjunctions that are begun before the search becomes greedy: some 0.1 seconds."""

MOST_OF_POINT = 500
"""Those that are begun for one point."""

LONGEST = 1 << 14
"""Characters of a marker: longer ones could not be read again."""

MOST_TERMS = 40
"""Those that are tried as the next part of a formula."""


class Expression(NamedTuple):
    """A part of a marker, and the points where it holds (as bits).

    ``parts`` are what ``operator`` joins, each with the key by which they are sorted; one part alone has no operator.
    """

    points: int
    operator: str
    parts: tuple[tuple[str, str], ...]
    text: str


def join(operator: str, expressions: Iterable[Expression], points: int) -> Expression:
    """Join expressions, in order, with parentheses where they are needed; ``points`` is where all of it holds."""
    parts: set[tuple[str, str]] = set()
    for each in expressions:
        if each.operator in {"", operator}:
            parts.update(each.parts)
        else:
            parts.add((each.parts[0][0], f"({each.text})" if operator == "and" else each.text))
    listed = tuple(sorted(parts))
    return Expression(
        points, operator if len(parts) > 1 else "", listed, f" {operator} ".join(part for _, part in listed)
    )


class ShortestFormula:
    """Searches for formulas made of some expressions, whose points are numbered below a bound."""

    def __init__(self, expressions: Iterable[Expression], width: int) -> None:
        shortest: dict[int, Expression] = {}
        for each in sorted(expressions, key=_cost):
            shortest.setdefault(each.points, each)
        known = [each for points, each in shortest.items() if points not in {0, (1 << width) - 1}]
        # Points are numbered anew, by what holds there: how others number them is to make no difference.
        here = [sum((each.points >> point & 1) << bit for bit, each in enumerate(known)) for point in range(width)]
        number = {holding: number for number, holding in enumerate(sorted(set(here)))}
        self._numbers = [number[holding] for holding in here]
        self._all = (1 << len(number)) - 1
        self._literals = [each._replace(points=self._numbered(each.points)) for each in known]
        self._least = len(self._literals[0].text) if self._literals else 0
        self._found: dict[tuple[int, int], Expression | None] = {}
        self._budget = MOST_BRANCHES

    def find(self, on: int, off: int) -> Expression | None:
        """The shortest formula that holds at all of ``on`` and nowhere in ``off``; None if there is none.

        Neither may be empty.
        """
        self._budget = MOST_BRANCHES
        on, off = self._numbered(on), self._numbered(off)
        return None if on & off else self._find(on, off, self._two_levels(on, off))

    def _numbered(self, points: int) -> int:
        found = 0
        for point, number in enumerate(self._numbers):
            if points >> point & 1:
                found |= 1 << number
        return found

    def _find(self, on: int, off: int, known: Expression | None = None) -> Expression | None:
        key = on, off
        if key not in self._found:
            best = next((each for each in self._literals if not on & ~each.points and not each.points & off), known)
            if self._budget > 0:
                best = self._longer(on, off, best, is_flipped=False)
                best = self._longer(on, off, best, is_flipped=True)
            elif best is None:
                best = self._two_levels(on, off)
            self._found[key] = best
        return self._found[key]

    def _longer(self, on: int, off: int, best: Expression | None, *, is_flipped: bool) -> Expression | None:
        """The best of a known formula and those of alternatives; flipped, those of conditions.

        Conditions for where a formula is to hold are alternatives for where it is not.
        """
        inside, outside = (off, on) if is_flipped else (on, off)
        operator = "and" if is_flipped else "or"
        limit = LONGEST if best is None else len(best.text)
        for term in self._next_terms(inside, outside, limit, is_flipped=is_flipped):
            if best is not None and len(term.text) + len(operator) + 2 + self._least >= len(best.text):
                continue
            rest = inside & ~self._view(term, is_flipped=is_flipped)
            found = term
            if rest:
                other = self._find(outside, rest) if is_flipped else self._find(rest, outside)
                if other is None:
                    continue
                found = self._joined(operator, (term, other))
            best = found if best is None else min(best, found, key=_cost)
        return best

    def _next_terms(self, inside: int, outside: int, limit: int, *, is_flipped: bool) -> Sequence[Expression]:
        """What may stand first: terms for the first point, and plain comparisons for others."""
        first = inside & -inside
        terms = self._terms(first, inside, outside, is_flipped=is_flipped, limit=limit)
        for each in self._literals:
            points = self._view(each, is_flipped=is_flipped)
            if points & inside and not points & outside and not points & first:
                terms.append(each)
        return terms

    def _two_levels(self, on: int, off: int) -> Expression | None:
        """A short formula of alternatives, or of conditions, whichever is shorter."""
        found = [self._covering(on, off, is_flipped=False), self._covering(off, on, is_flipped=True)]
        return min(filter(None, found), key=_cost, default=None)

    def _covering(self, inside: int, outside: int, *, is_flipped: bool) -> Expression | None:
        """Terms that hold at all of ``inside`` together, taken by how much they add for their length."""
        left = inside
        chosen: list[Expression] = []
        while left:
            terms = self._terms(left & -left, inside, outside, is_flipped=is_flipped)
            if not terms:
                return None
            gains = [(self._view(each, is_flipped=is_flipped) & left).bit_count() for each in terms]
            lengths = [(len(each.text) / gain, each.text) for each, gain in zip(terms, gains, strict=True)]
            best = terms[lengths.index(min(lengths))]
            chosen.append(best)
            left &= ~self._view(best, is_flipped=is_flipped)
        return self._joined(
            "and" if is_flipped else "or", self._reduced(chosen, inside, outside, is_flipped=is_flipped)
        )

    def _reduced(
        self, chosen: Sequence[Expression], inside: int, outside: int, *, is_flipped: bool
    ) -> Sequence[Expression]:
        """The same without terms that others make needless, and with shorter ones where these do."""
        kept = list(chosen)
        for each in sorted(chosen, key=_cost, reverse=True):
            others = (self._view(other, is_flipped=is_flipped) for other in kept if other is not each)
            alone = self._view(each, is_flipped=is_flipped) & inside & ~reduce(or_, others, 0)
            if not alone:
                kept.remove(each)
                continue
            terms = self._terms(alone & -alone, inside, outside, is_flipped=is_flipped)
            fit = [term for term in terms if not alone & ~self._view(term, is_flipped=is_flipped)]
            kept[kept.index(each)] = min([each, *fit], key=_cost)
        return kept

    def _terms(
        self, point: int, inside: int, outside: int, *, is_flipped: bool, limit: int = LONGEST
    ) -> list[Expression]:
        """Conjunctions that hold at a point and nowhere outside, none of which could do without one of its parts.

        Flipped, disjunctions.  There is one if there is any, however many there are.
        """
        operator = "or" if is_flipped else "and"
        useful = self._useful(point, inside, outside, is_flipped=is_flipped)
        hitting = nsmallest(MOST_TERMS, self._hitting(useful, outside, limit), key=itemgetter(0))
        found = [self._joined(operator, chosen) for _, chosen in hitting]
        if not found and not reduce(and_, (view for view, _ in useful), outside):
            found.append(self._joined(operator, _needed(useful, outside)))
        return sorted(found, key=_cost)

    def _hitting(
        self, useful: Sequence[tuple[int, Expression]], outside: int, limit: int
    ) -> Iterator[tuple[int, tuple[Expression, ...]]]:
        """Choices of some expressions that together hold nowhere outside, with their length."""
        begun: deque[tuple[int, int, int, tuple[Expression, ...]]] = deque([(0, outside, 0, ())])
        budget = most = MOST_OF_POINT if self._budget > 0 else MOST_TERMS
        while begun and budget > 0:
            start, left, length, chosen = begun.popleft()
            for number in range(start, len(useful)):
                view, each = useful[number]
                longer = length + len(each.text) + 4
                if longer > limit:  # as all that follow are
                    break
                if left & ~view:
                    budget -= 1
                    if left & view:
                        begun.append((number + 1, left & view, longer, (*chosen, each)))
                    else:
                        yield longer, (*chosen, each)
        self._budget -= most - budget

    def _useful(self, point: int, inside: int, outside: int, *, is_flipped: bool) -> list[tuple[int, Expression]]:
        """Comparisons that hold at a point, without those that another one, which is as short, can stand for."""
        useful: list[tuple[int, Expression]] = []
        for each in self._literals:
            view = self._view(each, is_flipped=is_flipped)
            if view & point and outside & ~view:
                there, here = view & outside, view & inside
                if not any(not other & outside & ~there and not here & ~other for other, _ in useful):
                    useful.append((view, each))
        return useful

    def _joined(self, operator: str, expressions: Sequence[Expression]) -> Expression:
        if len(expressions) == 1:
            return expressions[0]
        combine = and_ if operator == "and" else or_
        return join(operator, expressions, reduce(combine, (each.points for each in expressions)))

    def _view(self, expression: Expression, *, is_flipped: bool) -> int:
        return self._all ^ expression.points if is_flipped else expression.points


def _needed(useful: Sequence[tuple[int, Expression]], outside: int) -> Sequence[Expression]:
    """Those of expressions, which together hold nowhere outside, that are needed for this."""
    kept = list(useful)
    for each in reversed(useful):
        fewer = [other for other in kept if other is not each]
        if fewer and not reduce(and_, (view for view, _ in fewer), outside):
            kept = fewer
    return [expression for _, expression in kept]


def _cost(expression: Expression) -> tuple[int, int, str]:
    """The shorter is the better, then the one that excludes less, as ``>= "3.9"`` reads better than ``!= "3.8"``."""
    return len(expression.text), expression.text.count("!="), expression.text
