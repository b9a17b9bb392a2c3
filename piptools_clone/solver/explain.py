"""From a derivation to lines of text, in the manner of PubGrub's error reporting.

Each line says one conclusion and why it holds.  A line goes on from the one before it; only what is needed again
further down gets a number.  What the facts and conclusions are called is the business of a `Wording`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from piptools_clone.solver.core import domains_of, refutation_core, refute
from piptools_clone.solver.incompatibility import Derived, Incompatibility, leaves, walk

__all__ = ["ProofStep", "Wording", "explain", "prove", "refutation_core", "render_steps", "write_steps"]


class Wording(Protocol):
    """Says in words what only its owner knows the meaning of, each as a clause without a full stop."""

    def fact(self, incompatibility: Incompatibility) -> str:
        """A given fact, or several merged into one (its detail is then a `Merged`)."""

    def conclusion(self, terms: Mapping[str, int]) -> str:
        """A derived incompatibility; no terms at all mean that there is no solution."""


@dataclass(eq=False)
class ProofStep:
    """One line of a proof.

    ``conclusion`` follows from ``facts``, from the numbered steps in ``references`` and from the conclusions of the
    last ``follows_on`` steps.  ``number`` is None unless a later step refers to it.  ``starts`` tells that an empty
    line comes before, since the proof begins anew.
    """

    conclusion: Incompatibility
    facts: list[Incompatibility]
    references: list[ProofStep] = field(default_factory=list)
    follows_on: int = 0
    starts: bool = False
    number: int | None = None


def explain(incompatibility: Incompatibility, wording: Wording) -> list[str]:
    """Why there is no solution: a short proof of a refutation, one step a line, with empty lines between strands."""
    return render_steps(prove(incompatibility), wording)


def prove(incompatibility: Incompatibility) -> list[ProofStep]:
    """The steps of a short proof for what a refutation refutes; the last concludes that there is no solution."""
    domains = domains_of(leaves(incompatibility))
    core = refutation_core(incompatibility)
    orders: list[Callable[[str], tuple[object, ...]]] = [
        lambda package: (package,),
        lambda package: tuple(-ord(letter) for letter in package),
        lambda package: (sum(package in fact.terms for fact in core),),
    ]
    refutations = [found for order in orders if (found := refute(domains, core, order)) is not None]
    proofs = [write_steps(found) for found in refutations or [incompatibility]]
    return min(proofs, key=_size)


def _size(steps: list[ProofStep]) -> tuple[int, int]:
    return len(steps), sum(len(step.conclusion.terms) for step in steps)


def write_steps(incompatibility: Incompatibility) -> list[ProofStep]:
    """Order a derivation into steps."""
    if not isinstance(incompatibility.cause, Derived):
        return [ProofStep(incompatibility, [incompatibility])]
    writer = _Writer(incompatibility)
    # A derivation can be deeper than Python's recursion: `write` yields what has to be written before.
    stack = [writer.write(incompatibility)]
    while stack:
        before = next(stack[-1], None)
        if before is None:
            stack.pop()
        else:
            stack.append(writer.write(before))
    return writer.steps


class _Writer:
    """Writes the steps of one derivation, what a step follows from before the step."""

    def __init__(self, incompatibility: Incompatibility) -> None:
        self.steps: list[ProofStep] = []
        self._written: dict[int, ProofStep] = {}
        self._uses: dict[int, int] = {}
        self._fresh_start = False
        self._numbers = 0
        for found in walk(incompatibility):
            if isinstance(found.cause, Derived):
                for cause in found.cause:
                    self._uses[id(cause)] = self._uses.get(id(cause), 0) + 1

    def write(self, conclusion: Incompatibility) -> Iterator[Incompatibility]:
        """Yield what must be written before, then write the step itself."""
        facts, known, new = self._sorted_causes(conclusion)
        if len(new) == 2:
            yield from self._write_branches(conclusion, new)
        elif new:
            yield from self._write_next(conclusion, new[0], facts, known)
        else:
            self._add(conclusion, facts, known)
        if self._uses.get(id(conclusion), 0) > 1:
            self._number(self._written[id(conclusion)])

    def _sorted_causes(
        self, conclusion: Incompatibility
    ) -> tuple[list[Incompatibility], list[ProofStep], list[Incompatibility]]:
        """The causes that are facts, those that are numbered steps already, and those yet to be written."""
        facts, known, new = [], [], []
        for cause in conclusion.cause if isinstance(conclusion.cause, Derived) else ():
            if not isinstance(cause.cause, Derived):
                facts.append(cause)
            elif id(cause) in self._written:
                known.append(self._written[id(cause)])
            else:
                new.append(cause)
        return facts, known, new

    def _write_next(
        self, conclusion: Incompatibility, before: Incompatibility, facts: list[Incompatibility], known: list[ProofStep]
    ) -> Iterator[Incompatibility]:
        """Go on from one conclusion; one that is a mere stop on the way is passed over.

        "And because B, C.  So, because D, E." becomes "So, because B and D, E."
        """
        earlier_facts, _, earlier_new = self._sorted_causes(before)
        if facts and earlier_facts and earlier_new and self._uses[id(before)] == 1:
            yield earlier_new[0]
            self._add(conclusion, earlier_facts + facts, [], follows_on=1)
        else:
            yield before
            self._add(conclusion, facts, known, follows_on=1)

    def _write_branches(self, conclusion: Incompatibility, new: list[Incompatibility]) -> Iterator[Incompatibility]:
        """Join two strands, the longer one first; a strand of one line needs no number to go on from both."""
        first, second = new
        if self._is_simple(first):
            first, second = second, first
        yield first
        if id(second) in self._written:  # the first strand went through it
            self._add(conclusion, [], [self._number(self._written[id(second)])], follows_on=1)
        elif self._is_simple(second):
            yield second
            self._add(conclusion, [], [], follows_on=2)
        else:
            reference = self._number(self._written[id(first)])
            self._fresh_start = True
            yield second
            self._add(conclusion, [], [reference], follows_on=1)

    def _is_simple(self, incompatibility: Incompatibility) -> bool:
        _, known, new = self._sorted_causes(incompatibility)
        return not known and not new

    def _add(
        self,
        conclusion: Incompatibility,
        facts: list[Incompatibility],
        references: list[ProofStep],
        follows_on: int = 0,
    ) -> None:
        step = ProofStep(
            conclusion, facts, [self._number(found) for found in references], follows_on, starts=self._fresh_start
        )
        self._fresh_start = False
        self.steps.append(step)
        self._written[id(conclusion)] = step

    def _number(self, step: ProofStep) -> ProofStep:
        if step.number is None:
            self._numbers += 1
            step.number = self._numbers
        return step


def render_steps(steps: list[ProofStep], wording: Wording) -> list[str]:
    """The lines of a proof; a numbered one begins with its number in parentheses."""
    lines = []
    for step in steps:
        if step.starts:
            lines.append("")
        prefix = f"({step.number}) " if step.number is not None else ""
        lines.append(prefix + _sentence(step, wording, is_last=step is steps[-1]))
    return lines


def _sentence(step: ProofStep, wording: Wording, *, is_last: bool) -> str:
    """One step in words: "Because A and B, C", "And because A, C", "So, because A, C" or "So, C"."""
    reasons = [wording.fact(fact) for fact in step.facts]
    reasons += [f"{wording.conclusion(found.conclusion.terms)} ({found.number})" for found in step.references]
    conclusion = wording.conclusion({} if is_last else step.conclusion.terms)
    because = " and ".join(reasons)
    if not reasons:
        return f"So, {conclusion}."
    if not step.follows_on:
        return f"Because {because}, {conclusion}."
    return f"{'So,' if is_last else 'And'} because {because}, {conclusion}."
