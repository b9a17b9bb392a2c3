"""The plain form of an explanation: the facts themselves, along chains from the user's lines to where they meet.

    requirements.in:1 requires flask
      every version of flask needs werkzeug>=3
    requirements.in:2 requires werkzeug<3

It needs no words of reasoning, since each fact follows on from the one above it.  Where a conflict only shows
by trying one case after the other the facts alone do not convince, and a proof is written (`solver.explain`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from piptools_clone.resolve.incompatibility_builder import UserRequirement
from piptools_clone.solver.core import domains_of
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility
from piptools_clone.solver.states import ABSENT

ChainedFact = tuple[int, Incompatibility]
"""How deep a fact stands below the user's line, and the fact."""

_DEEPEST = 8  # steps of indentation: deeper ones do not help the eye


def fact_chains(core: Sequence[Incompatibility]) -> list[ChainedFact] | None:
    """The facts in the order of telling; None where they do not lead straight to the contradiction."""
    return list(_Teller(core).tell()) if _leads_straight(core) else None


def _leads_straight(core: Sequence[Incompatibility]) -> bool:
    """Whether the facts contradict each other without a choice being tried (unit propagation alone)."""
    states = domains_of(core)
    speaking = defaultdict(list)
    for fact in core:
        for name in fact.terms:
            speaking[name].append(fact)
    waiting = deque(core)
    while waiting:
        fact = waiting.popleft()
        open_terms = [(name, bits) for name, bits in fact.terms.items() if states[name] & ~bits]
        if not open_terms:
            return True
        if len(open_terms) == 1:
            ((name, bits),) = open_terms
            if states[name] & bits:
                states[name] &= ~bits
                waiting.extend(speaking[name])
    return False


class _Teller:
    """Walks from the user's requirements along what they need; every fact is told once."""

    def __init__(self, core: Sequence[Incompatibility]) -> None:
        self._core = sorted(core, key=_place)
        self._following: defaultdict[str, list[int]] = defaultdict(list)  # package -> what is said of its versions
        for number, fact in enumerate(self._core):
            for name, bits in fact.terms.items():
                if not bits & ABSENT and kind_of(fact) is not FactKind.ROOT:
                    self._following[name].append(number)
        self._told: set[int] = set()
        self._wanted: set[object] = set()

    def tell(self) -> Iterator[ChainedFact]:
        for fact in self._core:
            if kind_of(fact) is FactKind.ROOT:
                yield from self._follow(fact)
        for fact in self._core:  # whatever no strand leads to
            yield from self._follow(fact)

    def _follow(self, start: Incompatibility) -> Iterator[ChainedFact]:
        waiting = [(0, start)]
        while waiting:
            depth, fact = waiting.pop()
            if id(fact) in self._told:
                continue
            self._told.add(id(fact))
            if not self._is_repeated(fact):
                yield min(depth, _DEEPEST), fact
            waiting += [(depth + 1, other) for other in reversed(self._after(fact))]

    def _is_repeated(self, fact: Incompatibility) -> bool:
        """Whether this is one line of a file again: one with extras says several things."""
        detail = detail_of(fact)
        if not isinstance(detail, UserRequirement):
            return False
        repeated = detail in self._wanted
        self._wanted.add(detail)
        return repeated

    def _after(self, fact: Incompatibility) -> list[Incompatibility]:
        """What is said of the packages that a fact asks for, and was not told yet."""
        reached = [name for name, bits in fact.terms.items() if bits & ABSENT]
        numbers = sorted({number for name in reached for number in self._following[name]})
        return [self._core[number] for number in numbers if id(self._core[number]) not in self._told]


def _place(fact: Incompatibility) -> tuple[str, int, bool, list[tuple[str, int]]]:
    """The order of telling among equals: by file and line; what versions need before what is wrong with others."""
    detail = detail_of(fact)
    origin = detail.requirement.origin if isinstance(detail, UserRequirement) else None
    premises = sorted((name, -bits) for name, bits in fact.terms.items() if not bits & ABSENT)
    last = kind_of(fact) is FactKind.UNAVAILABLE
    return (origin.path, origin.line, last, premises) if origin else ("", 0, last, premises)


def kind_of(fact: Incompatibility) -> FactKind | None:
    """Who says a fact; None for a conclusion."""
    return fact.cause.kind if isinstance(fact.cause, Fact) else None


def detail_of(fact: Incompatibility) -> object:
    """What a fact is about; None for a conclusion."""
    return fact.cause.detail if isinstance(fact.cause, Fact) else None
