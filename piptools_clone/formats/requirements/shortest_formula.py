"""The shortest formula that holds at some points, does not hold at others, and may do either elsewhere.

A formula is a chain of alternatives or of conditions, each a comparison, a conjunction or a disjunction of some, or
again such a chain: all formulas of two levels, and those of more levels that have one long side.  All of them are
looked at where that is quick; after so many steps the best next part is taken each time.  The outcome depends on the
points and texts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_

from piptools_clone.named_tuple import NamedTuple

MOST_STEPS = 60
"""Partial formulas that are looked for before the search becomes greedy."""

MOST_BRANCHES = 2000
"""Conjunctions that are begun for one point."""

MOST_TERMS = 40
"""Conjunctions, or disjunctions, that are tried as the next part of a formula."""


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
        self._all = (1 << width) - 1
        shortest: dict[int, Expression] = {}
        for each in sorted(expressions, key=_cost):
            shortest.setdefault(each.points, each)
        shortest.pop(0, None)
        shortest.pop(self._all, None)
        self._literals = list(shortest.values())
        self._found: dict[tuple[int, int], Expression | None] = {}
        self._steps = 0
        self._least = len(self._literals[0].text) if self._literals else 0

    def find(self, on: int, off: int) -> Expression | None:
        """The shortest formula that holds at all of ``on`` and nowhere in ``off``; None if there is none.

        Neither may be empty.
        """
        key = on, off
        if key not in self._found:
            self._steps += 1
            plain = next((each for each in self._literals if not on & ~each.points and not each.points & off), None)
            best = self._longer(on, off, plain, is_flipped=False)
            self._found[key] = self._longer(on, off, best, is_flipped=True)
        return self._found[key]

    def _longer(self, on: int, off: int, best: Expression | None, *, is_flipped: bool) -> Expression | None:
        """The best of a known formula and those of alternatives; flipped, those of conditions.

        Conditions for where a formula is to hold are alternatives for where it is not.
        """
        inside, outside = (off, on) if is_flipped else (on, off)
        operator = "and" if is_flipped else "or"
        for term in self._next_terms(inside, outside, is_flipped=is_flipped):
            if best is not None and len(term.text) + len(operator) + self._least >= len(best.text):
                continue
            rest = inside & ~self._view(term, is_flipped=is_flipped)
            found = term
            if rest:
                other = self.find(outside, rest) if is_flipped else self.find(rest, outside)
                if other is None:
                    continue
                points = term.points & other.points if is_flipped else term.points | other.points
                found = join(operator, (term, other), points)
            best = found if best is None else min(best, found, key=_cost)
        return best

    def _next_terms(self, inside: int, outside: int, *, is_flipped: bool) -> Sequence[Expression]:
        """What may stand first: terms for the first point, and plain comparisons for others."""
        first = inside & -inside
        terms = sorted(self._terms(first, inside, outside, is_flipped=is_flipped), key=_cost)[:MOST_TERMS]
        for each in self._literals:
            points = self._view(each, is_flipped=is_flipped)
            if points & inside and not points & outside and not points & first:
                terms.append(each)
        if self._steps < MOST_STEPS:
            return terms
        gains = (
            (len(each.text) / (self._view(each, is_flipped=is_flipped) & inside).bit_count(), *_cost(each), each)
            for each in terms
        )
        return [each for *_, each in sorted(gains)[:1]]

    def _terms(self, point: int, inside: int, outside: int, *, is_flipped: bool) -> Iterator[Expression]:
        """Conjunctions that hold at a point and nowhere outside, none of which could do without one of its parts."""
        operator = "or" if is_flipped else "and"
        useful = self._useful(point, inside, outside, is_flipped=is_flipped)
        stack: list[tuple[int, int, tuple[Expression, ...]]] = [(0, outside, ())]
        budget = MOST_BRANCHES
        while stack and budget > 0:
            start, left, chosen = stack.pop()
            for number in range(start, len(useful)):
                view, each = useful[number]
                if not left & ~view:
                    continue
                budget -= 1
                if left & view:
                    stack.append((number + 1, left & view, (*chosen, each)))
                else:
                    yield self._joined(operator, (*chosen, each))

    def _useful(self, point: int, inside: int, outside: int, *, is_flipped: bool) -> list[tuple[int, Expression]]:
        """Comparisons that hold at a point, without those that another one, which is as short, can stand for."""
        useful: list[tuple[int, Expression]] = []
        for each in self._literals:
            view = self._view(each, is_flipped=is_flipped)
            if view & point and outside & ~view:
                worse = (view & outside, view & inside)
                if not any(not other & outside & ~worse[0] and not worse[1] & ~other for other, _ in useful):
                    useful.append((view, each))
        return useful

    def _joined(self, operator: str, expressions: Sequence[Expression]) -> Expression:
        if len(expressions) == 1:
            return expressions[0]
        combine = and_ if operator == "and" else or_
        return join(operator, expressions, reduce(combine, (each.points for each in expressions)))

    def _view(self, expression: Expression, *, is_flipped: bool) -> int:
        return self._all ^ expression.points if is_flipped else expression.points


def _cost(expression: Expression) -> tuple[int, str]:
    return len(expression.text), expression.text
