"""Who is asked for: the packages that the decided versions require, and the states that they require.

Propagation may know early that a package will be needed, because all remaining versions of another one
need it.  The order of decisions must not depend on how early that was, or the same world told in other portions
would get another solution.  So a package is decided only when the user or a *decided* version requires it.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from piptools_clone.named_tuple import NamedTuple
from piptools_clone.solver.incompatibility import FactKind, Incompatibility
from piptools_clone.solver.states import ABSENT, newest, oldest


class Demand(NamedTuple):
    """A fact read as an implication: when all ``premises`` are chosen, ``package`` must be in ``states``."""

    premises: tuple[tuple[str, int], ...]
    package: str
    states: int


class Demands:
    """The demands of the user and of the versions decided so far.

    ``open`` are the packages that are demanded and not decided; boolean packages that need no decision
    ("virtual") count as decided as soon as they are demanded.  ``on_open`` is told of each package that becomes open.
    """

    def __init__(self, on_open: Callable[[str], object]) -> None:
        self.open: set[str] = set()
        self._on_open = on_open
        self._virtual: set[str] = set()
        self._newly: deque[tuple[str, int, int]] = deque()  # boolean packages to be settled: state index and level
        self._settling = False
        self._settled: dict[str, tuple[int, int]] = {}  # package -> (state index, level)
        self._active: defaultdict[str, dict[int, int]] = defaultdict(dict)  # package -> level -> states
        self._constraints: dict[str, int] = {}
        self._made_at: defaultdict[int, list[str]] = defaultdict(list)  # level -> packages settled or demanded there
        # Demands by a premise: those of a single version found by it, so that thousands of versions cost nothing.
        self._narrow: defaultdict[tuple[str, int], list[Demand]] = defaultdict(list)
        self._wide: defaultdict[str, list[Demand]] = defaultdict(list)

    def declare_virtual(self, package: str) -> None:
        """Make a boolean package count as decided once it is demanded."""
        self._virtual.add(package)

    def required(self, package: str, everything: int) -> int:
        """The states of the package that all demands and constraints on it leave."""
        states = everything & self._constraints.get(package, everything)
        for demanded in self._active[package].values():
            states &= demanded
        return states

    def decisions(self) -> dict[str, int]:
        """The state index of every package that is decided, by name."""
        return {package: index for package, (index, _) in sorted(self._settled.items())}

    def add(self, incompatibility: Incompatibility, kind: FactKind, everything: Callable[[str], int]) -> None:
        """Take up a fact; raises ValueError when it has more than one term that allows absence.

        "One of two packages must be present" is not a dependency, and would need decisions for packages that are
        not required.
        """
        conclusions = [package for package, states in incompatibility.terms.items() if states & ABSENT]
        if len(conclusions) > 1:
            raise ValueError(f"more than one conclusion in {incompatibility!r}")
        for package in conclusions:
            premises = tuple(term for term in incompatibility.terms.items() if term[0] != package)
            self._add(Demand(premises, package, everything(package) & ~incompatibility.terms[package]))
        if not conclusions and kind is FactKind.CONSTRAINT and len(incompatibility.terms) == 1:
            [(package, states)] = incompatibility.terms.items()
            self._constraints[package] = self._constraints.get(package, everything(package)) & ~states

    def settle(self, package: str, index: int, level: int) -> None:
        """Note that a package is decided at a level, and demand what its state needs."""
        self.open.discard(package)
        self._settled[package] = index, level
        self._made_at[level].append(package)
        for demand in self._of(package, index):
            self._fire(demand)
        self._settle_virtual()

    def _settle_virtual(self) -> None:
        """Settle the boolean packages that became demanded, in that order: each may demand the next."""
        if self._settling:
            return
        self._settling = True
        while self._newly:
            self.settle(*self._newly.popleft())
        self._settling = False

    def backjump(self, level: int) -> None:
        """Forget what the levels above ``level`` decided and demanded."""
        for undone in [made for made in self._made_at if made > level]:
            for package in self._made_at.pop(undone):
                self._active[package].pop(undone, None)
                if package in self._settled and self._settled[package][1] > level:
                    del self._settled[package]
                self._reopen(package)

    def _reopen(self, package: str) -> None:
        if not self._active[package] or package in self._settled:
            self.open.discard(package)
        elif package not in self.open:
            self.open.add(package)
            self._on_open(package)

    def _add(self, demand: Demand) -> None:
        for package, states in demand.premises:
            if states & (states - 1):
                self._wide[package].append(demand)
            else:
                self._narrow[package, newest(states)].append(demand)
        self._fire(demand)
        self._settle_virtual()

    def _of(self, package: str, index: int) -> Iterator[Demand]:
        yield from list(self._narrow.get((package, index), ()))
        yield from list(self._wide.get(package, ()))

    def _fire(self, demand: Demand) -> None:
        """Demand the conclusion at the level at which the last premise was decided, if all are."""
        level = 0
        for package, states in demand.premises:
            index, settled_at = self._settled.get(package, (-1, 0))
            if index < 0 or not states >> index & 1:
                return
            level = max(level, settled_at)
        self._demand(demand, level)

    def _demand(self, demand: Demand, level: int) -> None:
        active = self._active[demand.package]
        earlier = min(active, default=level + 1)
        active[level] = active.get(level, demand.states) & demand.states
        self._made_at[level].append(demand.package)
        if demand.package not in self._virtual:
            self._reopen(demand.package)
        elif level < earlier:
            self._newly.append((demand.package, oldest(demand.states), level))
