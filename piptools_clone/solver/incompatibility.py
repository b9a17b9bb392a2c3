"""Incompatibilities: what must not hold together, and why.

A term says that a package is in one of some states; an incompatibility is a set of terms that must not
all hold.  "a 1.0 depends on b>=2" is ``{a: 1.0, b: absent or <2}``.  An incompatibility is either a fact,
given from outside, or derived from two others; the derivations of a refutation form a graph without cycles.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from piptools_clone.named_tuple import NamedTuple


class FactKind(StrEnum):
    """Who says a fact: what the explanation of a failure needs to know of it."""

    ROOT = "root"  # the user requires a package
    CONSTRAINT = "constraint"  # the user bounds a package, should it be needed
    DEPENDENCY = "dependency"  # the metadata of a release says so
    UNAVAILABLE = "unavailable"  # states that may not be chosen, for a reason


class Fact(NamedTuple):
    """The cause of an incompatibility that was given; ``detail`` is the giver's own and opaque here."""

    kind: FactKind
    detail: object = None


class Derived(NamedTuple):
    """The cause of an incompatibility that follows from two others."""

    left: "Incompatibility"
    right: "Incompatibility"


Cause = Fact | Derived


class Incompatibility:
    """Terms that must not all hold: per package the set of states that its term allows.

    Compared and hashed by identity: two with equal terms may have different causes.
    """

    __slots__ = ("cause", "terms")

    def __init__(self, terms: Mapping[str, int], cause: Cause) -> None:
        self.terms = dict(terms)
        self.cause = cause

    def __repr__(self) -> str:
        inside = ", ".join(f"{package}: {states:#b}" for package, states in sorted(self.terms.items()))
        return f"<Incompatibility {{{inside}}}>"


def resolve(left: Incompatibility, right: Incompatibility, package: str, everything: int) -> Incompatibility:
    """What follows from two incompatibilities that both speak of ``package``, whose states are ``everything``.

    If the other terms of both hold, ``package`` can be neither in the states of one nor of the other.  From
    {a: 1, b: absent or 1} and {b: 2 or 3, c: 1} follows {a: 1, c: 1}: the two terms of b leave b no state,
    so that it is not spoken of any more.  A union short of every state stays as a term.
    """
    terms = dict(left.terms)
    for other, states in right.terms.items():
        terms[other] = terms[other] & states if other in terms else states
    union = left.terms[package] | right.terms[package]
    if union == everything:
        del terms[package]
    else:
        terms[package] = union
    return Incompatibility(terms, Derived(left, right))


def walk(incompatibility: Incompatibility) -> Iterator[Incompatibility]:
    """Every incompatibility of a derivation once, causes after what they cause, without recursion."""
    seen = {id(incompatibility)}
    stack = [incompatibility]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current.cause, Derived):
            for cause in (current.cause.right, current.cause.left):
                if id(cause) not in seen:
                    seen.add(id(cause))
                    stack.append(cause)


def leaves(incompatibility: Incompatibility) -> list[Incompatibility]:
    """The facts that a derivation stands on, each once."""
    return [found for found in walk(incompatibility) if isinstance(found.cause, Fact)]
