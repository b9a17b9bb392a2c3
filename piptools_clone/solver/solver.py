"""The solver: PubGrub as a generator of asks.

It repeats three steps.  *Propagate*: an incompatibility all of whose terms hold but one narrows the package of that
one.  *Resolve*: an incompatibility all of whose terms hold is a conflict; what it follows from is combined
until the result would have narrowed something at an earlier decision level, and the search jumps back there.
*Decide*: the most urgent package that is required is asked about; the answer brings its state and what that implies.

    >>> requires_foo = Incompatibility({"foo": 0b001}, Fact(FactKind.ROOT))
    >>> run(solve(Knowledge({"foo": 2}, [requires_foo])), lambda ask: Choice(newest(ask.allowed)))
    Solution(decisions={'foo': 2})
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.solver.demands import Demands
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility, resolve
from piptools_clone.solver.order import DecisionOrder, Priority
from piptools_clone.solver.partial_solution import Assignment, Exclusion, PartialSolution
from piptools_clone.solver.watchers import Watchers

LATE_LIMIT = 64
"""Facts that arrived later than the level they belong to are looked at again after each jump back; with more of them
than this, it is cheaper to jump back to where they belong and decide again."""


FAR_JUMP = 8
"""A conflict may have a consequence many levels earlier.  Above this many, only the last decision is undone and the
consequence is drawn late: else each of 3,000 bad versions of one package would have 100 others decided again."""


class Knowledge(NamedTuple):
    """What an answer brings, each part possibly known before.

    ``packages`` maps a name to the number of its states beside "absent"; a package is declared before or together
    with the first incompatibility that names it, and never with another number.  ``virtual`` are boolean packages
    (one state beside "absent") that are never asked about, such as an extra: what their presence implies comes with
    their declaration.  Every incompatibility has a `Fact` as its cause and at most one term that allows absence.
    """

    packages: Mapping[str, int] = MappingProxyType({})
    incompatibilities: Sequence[Incompatibility] = ()
    virtual: Collection[str] = ()


class Decide(NamedTuple):
    """The one ask: which state ``package`` shall have.

    ``allowed`` are the states that are still possible, never "absent".  ``required`` are those that the user's
    requirements and constraints and the decided versions admit, whatever is known to be unavailable or in conflict.
    """

    package: str
    allowed: int
    required: int


class Choice(NamedTuple):
    """The one answer: a bit index out of ``allowed``, with what choosing it implies.

    With None the package is not decided; the knowledge must then forbid some of the allowed states.
    """

    state: int | None
    knowledge: Knowledge = Knowledge()


class Solution(NamedTuple):
    """The bit index of every package that is present, in order of names."""

    decisions: dict[str, int]


class Unsolvable(Exception):
    """There is no solution; ``incompatibility`` holds whatever is chosen, and its derivation says why."""

    def __init__(self, incompatibility: Incompatibility) -> None:
        super().__init__("the requirements contradict each other")
        self.incompatibility = incompatibility


class Event(StrEnum):
    """What a tracer hears of, with the package (or "") and a number."""

    ASK = "ask"  # the allowed states
    DECIDE = "decide"  # the bit index
    DERIVE = "derive"  # the states left
    SCAN = "scan"  # how many incompatibilities were read because the package changed
    CONFLICT = "conflict"  # how many incompatibilities were combined
    BACKJUMP = "backjump"  # the level jumped back to


class Referee(Protocol):
    """Sees a search, and may end it by an exception: who gives the facts may know that they do not hold together."""

    def begin(self, search: "Search") -> None:
        """Hear of a search that begins."""

    def meet(self, violated: Incompatibility) -> None:
        """Hear of a conflict, before anything is learned from it."""


Tracer = Callable[[Event, str, int], None]
Asks = Generator[Decide, Choice, Solution]


def _no_priority(package: str) -> tuple[object, ...]:
    return ()


def solve(
    knowledge: Knowledge,
    *,
    priority: Priority = _no_priority,
    tracer: Tracer | None = None,
    referee: Referee | None = None,
) -> Asks:
    """Ask until every required package has a state; the generator's return value is the `Solution`.

    ``knowledge`` holds the requirements of the user, as incompatibilities of one term each.  Packages are decided in
    the order of ``priority`` (least first, asked once per package), then of names, until repeated conflicts suggest
    otherwise (see `order`).  Until then the solution depends neither on the order of the incompatibilities nor on the
    portions in which they arrive.

    Raises `Unsolvable`, and ValueError for an answer that breaks the rules of `Knowledge` and `Choice`.
    """
    search = Search(priority, tracer, referee)
    search.absorb(knowledge)
    search.propagate()
    while (ask := search.next_ask()) is not None:
        choice = yield ask
        search.take(ask, choice)
    return search.solution()


def run(asks: Asks, answer: Callable[[Decide], Choice]) -> Solution:
    """Drive `solve` with a function that answers each ask."""
    try:
        ask = next(asks)
        while True:
            ask = asks.send(answer(ask))
    except StopIteration as done:
        solution: Solution = done.value
        return solution


class Search:
    """The state of one search; `solve` is what happens to it."""

    def __init__(self, priority: Priority, tracer: Tracer | None, referee: Referee | None) -> None:
        self._trace = tracer
        self._referee = referee
        self._partial = PartialSolution()
        self._watchers = Watchers(self._partial, self._derive)
        self._order = DecisionOrder(priority)
        self._demands = Demands(self._order.push)
        self._known: set[tuple[FactKind, tuple[tuple[str, int], ...]]] = set()
        self._unread: list[Incompatibility] = []  # last one first
        self._changed: dict[str, None] = {}  # an ordered set
        self._late: list[tuple[int, Incompatibility]] = []
        self._jumps = 0
        if referee is not None:
            referee.begin(self)

    # Questions of a referee

    def decisions(self) -> dict[str, int]:
        """The state of every package that is decided."""
        return self._demands.decisions()

    def removals(self, package: str, states: int) -> list[tuple[Incompatibility, int]]:
        """The incompatibilities by which a package lost some of these states, each with those that it took away."""
        return self._partial.removals(package, states)

    def exclusion(self, terms: Iterable[tuple[str, int]]) -> Exclusion:
        """Why all of these terms hold."""
        return self._partial.exclusion(terms)

    # Asking

    def next_ask(self) -> Decide | None:
        """The ask for the most urgent open package; None when there is none left."""
        if not self._demands.open:
            return None
        package = self._order.first(self._demands.open)
        allowed = self._partial.states[package]
        self._tell(Event.ASK, package, allowed)
        return Decide(package, allowed, self._demands.required(package, self._partial.everything[package]))

    def take(self, ask: Decide, choice: Choice) -> None:
        """Learn from an answer; decide as it says unless what it brought forbids that."""
        package, state = ask.package, choice.state
        if state is not None and not (state > 0 and ask.allowed >> state & 1):
            raise ValueError(f"state {state} of {package!r} is not allowed")
        jumps = self._jumps
        self.absorb(choice.knowledge)
        self.propagate()
        if self._jumps != jumps:
            return
        left = self._partial.states[package]
        if state is None:
            if left == ask.allowed:
                raise ValueError(f"no state of {package!r} was chosen, and none was forbidden")
        elif left >> state & 1:
            self._decide(package, state)
        else:
            self._ruled_out(package, state)

    def solution(self) -> Solution:
        """What was decided."""
        return Solution(self._demands.decisions())

    def _decide(self, package: str, state: int) -> None:
        self._partial.decide(package, state)
        self._tell(Event.DECIDE, package, state)
        self._changed[package] = None
        self._demands.settle(package, state, self._partial.level)
        self.propagate()

    def _ruled_out(self, package: str, state: int) -> None:
        """A choice turned out to contradict what is decided already: blame the latest decision that it contradicts."""
        satisfier = self._partial.satisfier(package, 1 << state)
        cause = satisfier.cause if satisfier else None
        if cause is None:
            return
        others = [term for term in self._watchers.terms(cause) if term[0] != package]
        level = max((held for held in self._partial.satisfied_levels(others) if held is not None), default=0)
        if level and self._order.blame(package, self._partial.decision(level)):
            self._backjump(level - 1)
            self.propagate()  # what was told late

    # Learning from outside

    def absorb(self, knowledge: Knowledge) -> None:
        """Take up packages and facts, in an order that does not depend on the giver's."""
        for package, count in knowledge.packages.items():
            self._partial.declare(package, count)
        for package in knowledge.virtual:
            self._declare_virtual(package)
        fresh = [found for found in map(self._fresh, knowledge.incompatibilities) if found is not None]
        fresh.sort(key=lambda found: found[0], reverse=True)
        for _, kind, incompatibility in fresh:
            self._demands.add(incompatibility, kind, self._partial.everything.__getitem__)
            self._watchers.add(incompatibility)
            self._unread.append(incompatibility)

    def _declare_virtual(self, package: str) -> None:
        if self._partial.everything.get(package) != 0b11:
            raise ValueError(f"{package!r} is not a boolean package")
        self._demands.declare_virtual(package)

    def _fresh(
        self, incompatibility: Incompatibility
    ) -> tuple[tuple[tuple[str, int], ...], FactKind, Incompatibility] | None:
        """A sort key, the kind and the incompatibility itself, or None when it is known or cannot be violated."""
        if not isinstance(incompatibility.cause, Fact):
            raise ValueError(f"{incompatibility!r} is not a fact")  # noqa: TRY004 - a wrong value, not a wrong type
        kind = incompatibility.cause.kind
        terms = tuple(sorted(incompatibility.terms.items()))
        for package, states in terms:
            if package not in self._partial.everything:
                raise ValueError(f"{package!r} was not declared")
            if states & ~self._partial.everything[package]:
                raise ValueError(f"{incompatibility!r} names states that {package!r} does not have")
        if (kind, terms) in self._known or not all(states for _, states in terms):
            return None
        self._known.add((kind, terms))
        return terms, kind, incompatibility

    # Propagating

    def propagate(self) -> None:
        """Draw every consequence of what is known and decided; raises `Unsolvable`."""
        while (violated := self._next_violated()) is not None:
            self._learn(violated)

    def _next_violated(self) -> Incompatibility | None:
        while self._unread or self._changed:
            violated = self._read(self._unread.pop()) if self._unread else self._scan()
            if violated is not None:
                return violated
        return None

    def _scan(self) -> Incompatibility | None:
        package = next(iter(self._changed))
        del self._changed[package]
        violated, count = self._watchers.scan(package)
        self._tell(Event.SCAN, package, count)
        return violated

    def _read(self, incompatibility: Incompatibility) -> Incompatibility | None:
        """Draw the consequence of one incompatibility.

        When it would have had that consequence at an earlier level already, had it been known, the consequence must
        survive a jump back to that level: a foo decided at level 2 still needs the bar that was told of at level 5
        when level 5 is undone.
        """
        if self._partial.level:
            held = self._partial.satisfied_levels(self._watchers.terms(incompatibility))
            belongs = sorted(self._partial.level if level is None else level for level in held)[:-1]
            due = belongs[-1] if belongs else 0
            if due < self._partial.level:
                self._late.append((due, incompatibility))
        return incompatibility if self._watchers.examine(incompatibility) else None

    def _derive(self, package: str, states: int, cause: Incompatibility) -> None:
        self._partial.derive(package, states, cause)
        self._changed[package] = None
        self._tell(Event.DERIVE, package, states)

    # Resolving conflicts

    def _learn(self, violated: Incompatibility) -> None:
        """Find the root of a conflict, jump back to where it has a consequence, and keep it."""
        if self._referee is not None:
            self._referee.meet(violated)
        learned, satisfier, level = self._analyse(violated)
        if learned is not violated:
            self._watchers.add(learned)
        self._unread.append(learned)
        self._backjump(self._target(learned, satisfier, level))

    def _analyse(self, incompatibility: Incompatibility) -> tuple[Incompatibility, Assignment, int]:
        """The root of a conflict, the assignment that completed it, and the level where all but that held.

        The root is the first combination with one term only from its last level; at level 0, where nothing was
        decided, combining goes on until no term is left.
        """
        combined = 0
        while True:
            satisfier, level = self._partial.satisfiers(incompatibility)
            if satisfier is None:
                raise Unsolvable(incompatibility)
            if satisfier.cause is None or level < satisfier.due:
                self._tell(Event.CONFLICT, satisfier.package, combined)
                return incompatibility, satisfier, level
            package = satisfier.package
            incompatibility = resolve(incompatibility, satisfier.cause, package, self._partial.everything[package])
            combined += 1

    def _target(self, learned: Incompatibility, satisfier: Assignment, level: int) -> int:
        """The level to jump back to, when ``level`` is the lowest at which what was learned has a consequence."""
        if level and self._order.count_conflict(learned.terms):
            return 0
        if level and self._order.blame(self._partial.decision(satisfier.due), self._partial.decision(level)):
            return level - 1
        return satisfier.due - 1 if satisfier.due - level > FAR_JUMP else level

    def _backjump(self, level: int) -> None:
        """Undo the levels above ``level``; more when too much would have to be looked at again."""
        if len(self._late) > LATE_LIMIT:
            level = min(level, *(due for due, _ in self._late))
        self._jumps += 1
        self._partial.backjump(level)
        self._watchers.wake(level)
        self._demands.backjump(level)
        self._changed.clear()
        late, self._late = self._late, []
        self._unread.extend(incompatibility for due, incompatibility in late if due <= level)
        self._tell(Event.BACKJUMP, "", level)

    def _tell(self, event: Event, package: str, number: int) -> None:
        if self._trace is not None:
            self._trace(event, package, number)
