"""The solver's facts and conclusions in words: versions, files and lines instead of bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from piptools_clone.errors import NoSolution
from piptools_clone.formats.filenames import parse_version
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.model.candidate import Reason, Rejection
from piptools_clone.resolve.explain.advice import advise, the_missing
from piptools_clone.resolve.explain.fact_chains import detail_of, fact_chains, kind_of
from piptools_clone.resolve.explain.reasons import passed_over
from piptools_clone.resolve.incompatibility_builder import NeededPackage, PassedOver, UserRequirement
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.solver.core import given_facts, refutation_core
from piptools_clone.solver.explain import explain
from piptools_clone.solver.incompatibility import FactKind, Incompatibility
from piptools_clone.solver.states import ABSENT, newest, newest_first, oldest, runs

SHOWN_RUNS = 4  # runs of versions named one by one: more are counted
SHOWN_VERSIONS = 8  # versions named where none matches
SHOWN_FACTS = 4  # facts told one by one where they are much the same: of more only what they share is told
_ALIKE = {Reason.YANKED, Reason.NO_WHEEL, Reason.FORMAT, Reason.PRE_RELEASE, Reason.TOO_NEW}
"""Reasons whose details differ from version to version without telling more than the newest does."""


def explain_failure(
    refutation: Incompatibility, packages: Mapping[str, PackageVersions], reader: DependencyReader
) -> NoSolution:
    """The error that says why the requirements cannot be met, in as few lines as there are."""
    wording = PackageWording(packages, reader)
    core = refutation_core(refutation)
    missing = the_missing(core)
    if missing is not None:
        title = f"No matching distribution found for {wording.wanted(missing)} (from {missing.requirement.origin})"
        lines = wording.why_missing(missing, core)
    else:
        together = " together" if sum(isinstance(detail_of(fact), UserRequirement) for fact in core) > 1 else ""
        title = f"the requirements cannot be met{together}"
        lines = _tell(core, refutation, wording)
    text = "\n".join(f"  {line}" if line else "" for line in lines)
    return NoSolution(f"ResolutionImpossible: {title}\n\n{text}", hint=advise(core, packages, reader.python_advice))


def _tell(core: list[Incompatibility], refutation: Incompatibility, wording: PackageWording) -> list[str]:
    told = fact_chains(core)
    if told is None:
        return explain(refutation, wording)
    return ["  " * depth + line for depth, fact in told for line in wording.facts(fact)]


class PackageWording:
    """Says facts and conclusions about packages by their names."""

    def __init__(self, packages: Mapping[str, PackageVersions], reader: DependencyReader) -> None:
        self._packages = packages
        self._reader = reader

    # facts

    def fact(self, incompatibility: Incompatibility) -> str:
        """What the user says in a file, a release in its metadata, or the index."""
        return " and ".join(self.facts(incompatibility))

    def facts(self, incompatibility: Incompatibility) -> list[str]:
        """The same as a list: facts merged into one are told one by one where they are few."""
        groups: dict[object, list[Incompatibility]] = {}
        for given in given_facts(incompatibility):
            groups.setdefault(detail_of(given), []).append(given)
        if all(isinstance(detail, PassedOver) and detail.rejection.reason in _ALIKE for detail in groups):
            return self._say_reasons(groups)
        if len(groups) <= SHOWN_FACTS:
            newest_first = sorted(groups.items(), key=lambda item: -_union(item[1], _subject(item[0])))
            return [self._say(detail, group) for detail, group in newest_first]
        return self._say_reasons(groups) or [self.conclusion(incompatibility.terms)]

    def _say(self, detail: object, group: list[Incompatibility]) -> str:
        """One fact about the versions that any of a group speaks of."""
        if isinstance(detail, UserRequirement):
            return self._say_wanted(detail, kind_of(group[0]))
        if isinstance(detail, NeededPackage):
            return self._say_needs(detail, _union(group, detail.name))
        if isinstance(detail, PassedOver):
            return self._say_passed(detail.name, _union(group, detail.name), detail.rejection)
        return "what else there is takes a pre-release, or a yanked release, that nothing in it asks for"

    def _say_reasons(self, groups: Mapping[object, list[Incompatibility]]) -> list[str]:
        """Many versions that were passed over: by the class of the reason, with the detail of the newest."""
        classes: dict[Reason, tuple[int, PassedOver]] = {}
        for detail, group in groups.items():
            if not isinstance(detail, PassedOver):
                return []
            bits, latest = classes.get(detail.rejection.reason, (0, detail))
            own = _union(group, detail.name)
            classes[detail.rejection.reason] = bits | own, detail if own > bits else latest
        return [self._say_passed(each.name, bits, each.rejection) for bits, each in classes.values()]

    def wanted(self, wanted: UserRequirement) -> str:
        """A requirement as one would type it."""
        requirement = wanted.requirement
        shown = requirement.shown or without_credentials(requirement.url or "")
        return _spelled(str(requirement.name), requirement.extras, str(requirement.specifier), shown)

    def why_missing(self, wanted: UserRequirement, core: list[Incompatibility]) -> list[str]:
        """What is wrong with a requirement that nothing meets, whatever the others say."""
        passed = [line for fact in core if kind_of(fact) is FactKind.UNAVAILABLE for line in self.facts(fact)]
        if passed:
            return passed
        requirement = wanted.requirement
        name = str(requirement.name)
        why = self._unmatched(name, str(requirement.specifier), requirement.url)
        return [f"{name} {why}" if why else self._say_wanted(wanted, FactKind.ROOT)]

    def _say_wanted(self, wanted: UserRequirement, kind: FactKind | None) -> str:
        requirement = wanted.requirement
        verb = "allows only" if kind is FactKind.CONSTRAINT else "requires"
        unmatched = self._unmatched(str(requirement.name), str(requirement.specifier), requirement.url)
        return f"{requirement.origin} {verb} {self.wanted(wanted)}{unmatched and ', which ' + unmatched}"

    def _say_needs(self, needs: NeededPackage, bits: int) -> str:
        dependency = needs.dependency
        url = without_credentials(dependency.url or "")
        what = _spelled(dependency.name, dependency.extras, dependency.specifier, url)
        unmatched = self._unmatched(dependency.name, dependency.specifier, dependency.url)
        subject, plural = self.versions(needs.name, bits, extra=needs.extra)
        return f"{subject} {'need' if plural else 'needs'} {what}{unmatched and ', which ' + unmatched}"

    def _unmatched(self, name: str, specifier: str, url: str | None) -> str:
        """What there is instead, for a requirement that no version meets; else nothing."""
        package = self._packages.get(name)
        if package is None or url is not None:
            return ""
        if not package.states:
            return _absent(package)
        if package.bits(self._reader.specifier(specifier), specifier):
            return ""
        if package.directs and not package.listed:
            direct = package.directs[-1]
            return f"is given as {inert(without_credentials(direct.url))}, version {inert(str(direct.version))}"
        if nearest := _nearest(specifier, package):
            return nearest
        latest, *older = [inert(str(package.version(state))) for state in newest_first(package.all)]
        more = ", ..." if len(older) > SHOWN_VERSIONS else ""
        others = f"; there are also {', '.join(older[:SHOWN_VERSIONS])}{more}" if older else ""
        return f"has no such version (newest is {latest}{others})"

    def _say_passed(self, name: str, bits: int, rejection: Rejection) -> str:
        package = self._packages[name]
        if rejection.reason is Reason.PRE_RELEASE and len(list(self._runs(package, bits))) > 1:
            return f"the pre-releases of {name} are left out"
        subject, plural = self.versions(name, bits)
        return f"{subject} {passed_over(rejection, plural=plural)}"

    # conclusions

    def conclusion(self, terms: Mapping[str, int]) -> str:
        """What follows: a package that is needed, versions that cannot be chosen, or who needs what."""
        if not terms:
            return "there is no solution"
        negative = {name: bits for name, bits in terms.items() if bits & ABSENT}
        positive = {name: bits for name, bits in terms.items() if not bits & ABSENT}
        subjects = " and ".join(self.versions(name, bits)[0] for name, bits in sorted(positive.items()))
        needed = " or ".join(self._needed(name, bits) for name, bits in sorted(negative.items()))
        if not positive:
            return f"{needed} is required"
        if not negative:
            together = " together" if len(positive) > 1 else ""
            return f"{subjects.replace('every version of ', '') if together else subjects} cannot be chosen{together}"
        plural = len(positive) == 1 and self.versions(*next(iter(positive.items())))[1]
        return f"{subjects} {'need' if plural or len(positive) > 1 else 'needs'} {needed}"

    def _needed(self, name: str, forbidden: int) -> str:
        package = self._packages.get(name)
        if package is None:
            return name
        allowed = package.all & ~forbidden
        if allowed == package.all & ~ABSENT:
            return name
        ranges = list(self._runs(package, allowed))
        if len(ranges) > SHOWN_RUNS:
            finals = allowed & ~package.pre_releases or allowed
            first, last = package.version(oldest(finals)), package.version(newest(finals))
            return f"some {name} from {inert(str(first))} to {inert(str(last))}"
        return self.versions(name, allowed)[0] if allowed else f"{name} in a version that does not exist"

    def versions(self, name: str, bits: int, extra: str = "") -> tuple[str, bool]:
        """Some versions of a package in words, and whether they are many."""
        package = self._packages.get(name)
        if package is None:  # an extra by itself
            return name, False
        label = f"{name}[{extra}]" if extra else name
        meant = bits & ~ABSENT
        if meant.bit_count() == 1:
            return f"{label} {inert(str(package.version(newest(meant))))}", False
        if meant | self._unlikely(package, meant) == package.all & ~ABSENT:
            return f"every version of {label}", False
        ranges = list(self._runs(package, meant))
        shown = ", ".join(ranges[:SHOWN_RUNS])
        more = f" and {len(ranges) - SHOWN_RUNS} more ranges" if len(ranges) > SHOWN_RUNS else ""
        return f"{label} {inert(shown)}{more}", True

    def _unlikely(self, package: PackageVersions, meant: int) -> int:
        """States that do not break a run of versions: pre-releases, where none is meant."""
        return 0 if meant & package.pre_releases else package.pre_releases

    def _runs(self, package: PackageVersions, meant: int) -> Iterator[str]:
        """Neighbouring versions as ``first to last``, from the oldest to the newest."""
        for first, last in runs((meant | self._unlikely(package, meant)) & ~ABSENT):
            members = meant & ((1 << last + 1) - (1 << first))
            if members:
                low, high = package.version(oldest(members)), package.version(newest(members))
                yield str(low) if low == high else f"{low} to {high}"


def _nearest(specifier: str, package: PackageVersions) -> str:
    """What there is instead of the one version that a specifier names; empty where it names none that is missing."""
    exact = [clause.strip().removeprefix("==").strip() for clause in specifier.split(",") if clause.strip()[:2] == "=="]
    versions = [parse_version(text) for text in exact if not text.startswith("=")]
    missing = [each for each in versions if each is not None and each not in package.versions]
    if not missing:
        return ""
    older = [each for each in package.versions if each < missing[0]]
    newer = [each for each in package.versions if each > missing[0]]
    shown = [*older[-1 if newer else -2 :], *newer[: 1 if older else 2]]
    return f"has no version {inert(str(missing[0]))} (nearest: {', '.join(inert(str(each)) for each in shown)})"


def _subject(detail: object) -> str:
    """The package whose versions a fact is about; a line of the user is about none."""
    return detail.name if isinstance(detail, NeededPackage | PassedOver) else ""


def _union(group: list[Incompatibility], name: str) -> int:
    bits = 0
    for fact in group:
        bits |= fact.terms.get(name, 0)
    return bits


def _spelled(name: str, extras: Sequence[str], specifier: str, url: str) -> str:
    """A requirement as one would type it: lower bounds before upper ones."""
    clauses = [clause.replace(" ", "") for clause in specifier.split(",")]
    bounds = ",".join(sorted(clauses, key=lambda clause: (clause.startswith(("<", "!")), clause)))
    asked = f"[{','.join(extras)}]" if extras else ""
    return f"{name}{asked}{inert(bounds)}{f' @ {inert(url)}' if url else ''}"


def _absent(package: PackageVersions) -> str:
    """No index knows the package, or those that do have no file of it that can be used."""
    skipped = package.project.skipped if package.project else ()
    if not skipped:
        return "is not on this index"
    filename, reason = skipped[-1]
    more = f", and {len(skipped) - 1} more" if len(skipped) > 1 else ""
    return f"has no usable file on this index ({inert(filename)}: {inert(reason)}{more})"
