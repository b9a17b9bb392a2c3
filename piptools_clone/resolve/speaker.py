"""The solver's facts and conclusions in words: versions, files and lines instead of bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from piptools_clone.errors import NoSolution
from piptools_clone.formats.inert import inert
from piptools_clone.model.candidate import Reason, Rejection
from piptools_clone.resolve.facts import Needs, PassedOver, Wanted
from piptools_clone.resolve.provider import Provider
from piptools_clone.resolve.world import ABSENT, World, states_down
from piptools_clone.solver.explain import explain, refutation_core
from piptools_clone.solver.incompatibility import Fact, FactKind, Incompatibility

SHOWN_RUNS = 4  # runs of versions named one by one: more are counted
SHOWN_VERSIONS = 8  # versions named where none matches

_REASONS = {
    Reason.YANKED: "yanked",
    Reason.REQUIRES_PYTHON: "passed over for its Requires-Python",
    Reason.NO_WHEEL: "passed over: it has no fitting wheel",
    Reason.FORMAT: "excluded by --no-binary or --only-binary",
    Reason.PRE_RELEASE: "a pre-release, which nothing asks for (see --pre)",
    Reason.TOO_NEW: "uploaded after the cut-off date",
    Reason.HASHES: "passed over: none of its files has a required hash",
    Reason.BUILD_FAILED: "passed over: its build failed",
    Reason.BROKEN_METADATA: "passed over: its metadata is broken",
    Reason.NOT_ON_INDEX: "not on this index",
    Reason.QUARANTINED: "quarantined by the index",
}


def explain_failure(refutation: Incompatibility, provider: Provider) -> NoSolution:
    """The error that says why the requirements cannot be met, in as few steps as there are."""
    speaker = PackageSpeaker(provider)
    core = refutation_core(refutation)
    lines = explain(refutation, speaker)
    missing = _missing(core)
    if missing is not None:
        title = f"No matching distribution found for {speaker.wanted(missing)} (from {missing.requirement.origin})"
    else:
        title = "the requirements cannot be met together"
    text = "\n".join(f"  {line}" for line in lines)
    return NoSolution(f"ResolutionImpossible: {title}\n\n{text}", hint=_hint(core))


def _missing(core: list[Incompatibility]) -> Wanted | None:
    """The one requirement of the user that fails by itself, if that is the whole story."""
    wanted = [leaf for leaf in core if _kind(leaf) is FactKind.ROOT]
    others = [leaf for leaf in core if _kind(leaf) not in {FactKind.ROOT, FactKind.UNAVAILABLE}]
    if len(wanted) != 1 or others:
        return None
    detail = _detail(wanted[0])
    return detail if isinstance(detail, Wanted) else None


def _hint(core: list[Incompatibility]) -> str:
    reasons = {d.rejection.reason for d in map(_detail, core) if isinstance(d, PassedOver)}
    if Reason.PRE_RELEASE in reasons:
        return "pre-releases are admitted by --pre, or by a specifier that names one"
    if Reason.FORMAT in reasons:
        return "source distributions are excluded by --only-binary, wheels by --no-binary"
    if Reason.REQUIRES_PYTHON in reasons:
        return "another Python may be locked for with --python"
    return ""


def _kind(leaf: Incompatibility) -> FactKind | None:
    return leaf.cause.kind if isinstance(leaf.cause, Fact) else None


def _detail(leaf: Incompatibility) -> object:
    return leaf.cause.detail if isinstance(leaf.cause, Fact) else None


class PackageSpeaker:
    """Says facts and conclusions about the packages of one provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    # facts

    def fact(self, incompatibility: Incompatibility) -> str:
        """What somebody says: the user in a file, a release in its metadata, or the index."""
        detail = _detail(incompatibility)
        if isinstance(detail, Wanted):
            return self._say_wanted(detail, _kind(incompatibility))
        if isinstance(detail, Needs):
            return self._say_needs(detail, incompatibility.terms)
        if isinstance(detail, PassedOver):
            return self._say_passed(detail, incompatibility.terms[detail.name])
        return self.conclusion(incompatibility.terms)

    def wanted(self, wanted: Wanted) -> str:
        """A requirement as one would type it."""
        requirement = wanted.requirement
        extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
        reference = f" @ {inert(requirement.shown or requirement.url)}" if requirement.url else ""
        return f"{requirement.name}{extras}{requirement.specifier}{reference}"

    def _say_wanted(self, wanted: Wanted, kind: FactKind | None) -> str:
        requirement = wanted.requirement
        verb = "limits" if kind is FactKind.CONSTRAINT else "requires"
        what = self.wanted(wanted)
        if kind is FactKind.CONSTRAINT:
            what = f"{requirement.name} to {requirement.specifier}"
        unmatched = self._unmatched(str(requirement.name), str(requirement.specifier), requirement.url)
        return f"{requirement.origin} {verb} {what}{unmatched}"

    def _say_needs(self, needs: Needs, terms: Mapping[str, int]) -> str:
        dependency = needs.dependency
        extras = f"[{','.join(dependency.extras)}]" if dependency.extras else ""
        reference = f" @ {inert(dependency.url)}" if dependency.url else ""
        what = f"{dependency.name}{extras}{dependency.specifier.replace(' ', '')}{reference}"
        unmatched = self._unmatched(dependency.name, dependency.specifier, dependency.url)
        subject, plural = self.versions(needs.name, terms[needs.name], extra=needs.extra)
        return f"{subject} {'need' if plural else 'needs'} {what}{unmatched}"

    def _unmatched(self, name: str, specifier: str, url: str | None) -> str:
        """What there is instead, for a requirement that no version meets; else nothing."""
        world = self._provider.worlds.get(name)
        if world is None or url is not None:
            return ""
        if not world.states:
            return ", which is not on this index" + self._skipped(world)
        if world.bits(self._provider.reader.specifier(specifier), specifier):
            return ""
        newest = str(world.versions[-1])
        shown = [str(world.versions[state - 1]) for state in states_down(world.all)]
        listed = ", ".join(shown[:SHOWN_VERSIONS]) + (", ..." if len(shown) > SHOWN_VERSIONS else "")
        seen = f"; there are {listed}" if len(shown) > 1 else ""
        return f", which no version meets (the newest is {inert(newest)}{inert(seen)})"

    def _skipped(self, world: World) -> str:
        skipped = world.project.skipped if world.project else ()
        return f" in a usable form ({len(skipped)} files were skipped; -v names them)" if skipped else ""

    def _say_passed(self, passed: PassedOver, bits: int) -> str:
        subject, plural = self.versions(passed.name, bits)
        verb = "are" if plural else "is"
        return f"{subject} {verb} {_words(passed.rejection, plural=plural)}"

    # conclusions

    def conclusion(self, terms: Mapping[str, int]) -> str:
        """What follows: a package that is needed, versions that cannot be chosen, or who needs what."""
        if not terms:
            return "the requirements cannot be met"
        negative = {name: bits for name, bits in terms.items() if bits & ABSENT}
        positive = {name: bits for name, bits in terms.items() if not bits & ABSENT}
        subjects = " with ".join(self.versions(name, bits)[0] for name, bits in sorted(positive.items()))
        needed = " or ".join(self._needed(name, bits) for name, bits in sorted(negative.items()))
        if not positive:
            return f"{needed} is required"
        if not negative:
            if len(positive) > 1:
                return f"{subjects} cannot be chosen together"
            return f"{subjects} cannot be chosen"
        plural = len(positive) == 1 and self.versions(*next(iter(positive.items())))[1]
        return f"{subjects} {'need' if plural or len(positive) > 1 else 'needs'} {needed}"

    def _needed(self, name: str, forbidden: int) -> str:
        world = self._provider.worlds.get(name)
        if world is None:
            return name
        allowed = world.all & ~forbidden
        if allowed == world.all & ~ABSENT:
            return name
        return self.versions(name, allowed)[0] if allowed else f"{name} in a version that does not exist"

    def versions(self, name: str, bits: int, extra: str = "") -> tuple[str, bool]:
        """Some versions of a package in words, and whether they are many."""
        world = self._provider.worlds.get(name)
        if world is None:  # an extra by itself
            return name, False
        label = f"{name}[{extra}]" if extra else name
        meant = bits & ~ABSENT
        if meant.bit_count() == 1:
            only = " (the only version)" if world.states == 1 and world.listed else ""
            return f"{label} {inert(str(world.versions[meant.bit_length() - 2]))}{only}", False
        if meant | self._unlikely(world, meant) == world.all & ~ABSENT:
            return f"every version of {label}", False
        runs = list(self._runs(world, meant))
        shown = ", ".join(runs[:SHOWN_RUNS])
        more = f" and {len(runs) - SHOWN_RUNS} more ranges" if len(runs) > SHOWN_RUNS else ""
        return f"{label} {inert(shown)}{more}", True

    def _unlikely(self, world: World, meant: int) -> int:
        """States that do not break a run of versions: pre-releases, where none is meant."""
        return 0 if meant & world.pre_releases else world.pre_releases

    def _runs(self, world: World, meant: int) -> Iterator[str]:
        """Neighbouring versions as ``first to last``, from the oldest to the newest."""
        skippable = self._unlikely(world, meant)
        members: list[int] = []
        for state in range(1, world.states + 1):
            if meant >> state & 1:
                members.append(state)
            elif not skippable >> state & 1 and members:
                yield _run(world, members)
                members = []
        if members:
            yield _run(world, members)


def _run(world: World, members: list[int]) -> str:
    first, last = world.versions[members[0] - 1], world.versions[members[-1] - 1]
    return str(first) if first == last else f"{first} to {last}"


def _words(rejection: Rejection, *, plural: bool) -> str:
    words = _REASONS[rejection.reason]
    if plural:
        words = words.replace("its ", "their ").replace("it has", "they have").replace("a pre-release", "pre-releases")
    detail = inert(rejection.detail)
    return f"{words} ({detail})" if detail else words
