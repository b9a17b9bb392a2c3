"""The core of a refutation: few facts that already contradict each other.

A search that fails has walked past much that does not matter.  The facts that its refutation stands on are put
into a world of their own, where the solver needs no answers; facts that say the same of different versions become
one; and whatever can be left out without making that world solvable is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility, leaves
from piptools_clone.solver.solver import Choice, Decide, Knowledge, Unsolvable, run, solve
from piptools_clone.solver.states import ABSENT, all_states, newest

WORK_LIMIT = 60_000
"""How many facts are given to the solver in all, over all the parts that are tried.  A fact costs some 10 us, so
the search for a short text ends well within a second."""

ASK_LIMIT = 500
"""A part that is not refuted after so many asks counts as solvable: real cores are refuted with hardly any."""

MERGED_KINDS = frozenset({FactKind.DEPENDENCY, FactKind.UNAVAILABLE})
"""What is said of versions; requirements and constraints stay apart, each has its own place in a file."""


class Merged(NamedTuple):
    """The detail of a fact that stands for several given ones, which together imply it."""

    facts: tuple[Incompatibility, ...]


def given_facts(fact: Incompatibility) -> tuple[Incompatibility, ...]:
    """The facts as they were given: those behind a merged one, else the fact itself."""
    if isinstance(fact.cause, Fact) and isinstance(fact.cause.detail, Merged):
        return fact.cause.detail.facts
    return (fact,)


def refutation_core(incompatibility: Incompatibility) -> list[Incompatibility]:
    """Few facts, out of those that a refutation stands on, that cannot all be true.

    Facts of the same kind about different versions of one package are merged into one, with a `Merged` detail: when
    they have the same conclusion, and also when a weaker conclusion that they share ("every foo needs a bar
    below 3") is enough.
    """
    facts = leaves(incompatibility)
    return _Minimiser(domains_of(facts)).minimise(facts)


def domains_of(facts: Iterable[Incompatibility]) -> dict[str, int]:
    """Every state of each package named by the facts of a refutation.

    A package is only resolved away when the union of its terms is every state, so nothing is missing here.
    """
    union: dict[str, int] = {}
    for fact in facts:
        for package, states in fact.terms.items():
            union[package] = union.get(package, ABSENT) | states
    return {package: all_states(newest(states)) for package, states in sorted(union.items())}


def refute(
    domains: Mapping[str, int],
    facts: Iterable[Incompatibility],
    priority: Callable[[str], tuple[object, ...]] = lambda package: (package,),
) -> Incompatibility | None:
    """The refutation of a world that consists of these facts alone; None when it is solvable, or too hard to say."""
    asks = 0

    def answer(ask: Decide) -> Choice:
        nonlocal asks
        asks += 1
        if asks > ASK_LIMIT:
            raise _TooHard
        return Choice(newest(ask.allowed))

    packages = {package: newest(everything) for package, everything in domains.items()}
    try:
        run(solve(Knowledge(packages, tuple(facts)), priority=priority), answer)
    except Unsolvable as unsolvable:
        return unsolvable.incompatibility
    except _TooHard:
        return None
    return None


class _TooHard(Exception):
    """A part of the facts took too many asks."""


class _Minimiser:
    def __init__(self, domains: Mapping[str, int]) -> None:
        self._domains = domains
        self._work = 0

    def minimise(self, facts: list[Incompatibility]) -> list[Incompatibility]:
        """The core of facts that are known to contradict each other."""
        merged = merge_equal(facts)
        core = self._refuted(merged) or merged
        core = self._weaken(core)
        core = self._leave_out(core)
        return self._weaken(core)

    def _refuted(self, facts: list[Incompatibility]) -> list[Incompatibility] | None:
        """Those of the facts that a new refutation stands on, in their order; None when there is none."""
        if self._work >= WORK_LIMIT:
            return None
        self._work += len(facts)
        refutation = refute(self._domains, facts)
        if refutation is None:
            return None
        used = {id(leaf) for leaf in leaves(refutation)}
        return [fact for fact in facts if id(fact) in used]

    def _weaken(self, core: list[Incompatibility]) -> list[Incompatibility]:
        """Replace groups of dependencies on one package by the conclusion that they share, where that is enough."""
        for group in _weaker_groups(core):
            members = {id(fact) for fact in group}
            rest = [fact for fact in core if id(fact) not in members]
            if len(rest) + len(group) == len(core):
                core = self._refuted([*rest, merge(group)]) or core
        return core

    def _leave_out(self, core: list[Incompatibility]) -> list[Incompatibility]:
        """Leave out what can be: first halves, then quarters, down to single facts."""
        size = len(core) // 2
        while size and self._work < WORK_LIMIT:
            start = 0
            while start < len(core):
                smaller = self._refuted(core[:start] + core[start + size :])
                if smaller is None:
                    start += size
                else:
                    core = smaller
            size //= 2
        return core


def merge(facts: list[Incompatibility]) -> Incompatibility:
    """One fact implied by several that differ in the versions of one premise, and perhaps in the states they conclude.

    {foo: 1, bar: absent or 3} and {foo: 2, bar: absent or 1 or 3} imply {foo: 1 or 2, bar: absent or 3}.
    """
    terms = dict(facts[0].terms)
    for fact in facts[1:]:
        for package, states in fact.terms.items():
            terms[package] = terms[package] & states if states & ABSENT else terms[package] | states
    first = facts[0].cause
    kind = first.kind if isinstance(first, Fact) else FactKind.DEPENDENCY
    return Incompatibility(terms, Fact(kind, Merged(tuple(given for fact in facts for given in given_facts(fact)))))


def merge_equal(facts: list[Incompatibility]) -> list[Incompatibility]:
    """Merge what differs in the versions of one package only; the result says exactly the same."""
    for rank in range(max((len(_premises(fact)) for fact in facts), default=0)):
        groups: dict[object, list[Incompatibility]] = {}
        for fact in facts:
            groups.setdefault(_equal_key(fact, rank), []).append(fact)
        facts = [group[0] if len(group) == 1 else merge(group) for group in groups.values()]
    return facts


def _premises(fact: Incompatibility) -> list[str]:
    return sorted(package for package, states in fact.terms.items() if not states & ABSENT)


def _equal_key(fact: Incompatibility, rank: int) -> object:
    """Equal for facts that differ in their premise number ``rank`` only."""
    premises = _premises(fact)
    if not isinstance(fact.cause, Fact) or fact.cause.kind not in MERGED_KINDS or rank >= len(premises):
        return id(fact)
    varying = premises[rank]
    return fact.cause.kind, varying, frozenset(term for term in fact.terms.items() if term[0] != varying)


def _weaker_groups(facts: list[Incompatibility]) -> list[list[Incompatibility]]:
    """Groups of dependencies that differ in the versions of one package and in what they allow of another."""
    groups: dict[object, list[Incompatibility]] = {}
    for fact in facts:
        premises = _premises(fact)
        if (
            isinstance(fact.cause, Fact)
            and fact.cause.kind is FactKind.DEPENDENCY
            and len(fact.terms) == len(premises) + 1
        ):
            conclusion = (fact.terms.keys() - set(premises)).pop()
            for varying in premises:
                fixed = frozenset((package, fact.terms[package]) for package in premises if package != varying)
                groups.setdefault((varying, fixed, conclusion), []).append(fact)
    return [group for group in groups.values() if len(group) > 1]
