"""What a user may do next about requirements that cannot be met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from piptools_clone.formats.sanitize import inert
from piptools_clone.index.pages.project import Project
from piptools_clone.model.candidate import Reason
from piptools_clone.resolve.explain.fact_chains import detail_of, kind_of
from piptools_clone.resolve.incompatibility_builder import PassedOver, UserRequirement
from piptools_clone.resolve.package_versions import PackageVersions
from piptools_clone.solver.core import given_facts
from piptools_clone.solver.incompatibility import FactKind, Incompatibility

Core = Sequence[Incompatibility]

_ADVICE = {
    Reason.PRE_RELEASE: "pre-releases are admitted by --pre, or by a specifier that names one",
    Reason.FORMAT: "--only-binary excludes source distributions, --no-binary excludes wheels",
    Reason.YANKED: "a yanked release is taken only if it is pinned with ==",
    Reason.TOO_NEW: "the cut-off date is set by --uploaded-prior-to",
    Reason.HASHES: "the hashes in the input must be those of files that the index offers",
}


def the_missing(core: Core) -> UserRequirement | None:
    """The one requirement of the user that fails by itself, if that is the whole story."""
    wanted = {detail for fact in core if isinstance(detail := detail_of(fact), UserRequirement)}
    plain = all(kind_of(fact) in {FactKind.ROOT, FactKind.UNAVAILABLE} for fact in core)
    return wanted.pop() if plain and len(wanted) == 1 else None


def advise(core: Core, packages: Mapping[str, PackageVersions], python: str) -> str:
    """The next step, for the most telling of the reasons; empty where there is none to name.

    ``python`` is what to do about Pythons: `DependencyReader.python_advice`.
    """
    if loosen := _loosen(core):
        return loosen
    given = [detail_of(each) for fact in core for each in given_facts(fact)]
    reasons = {detail.rejection.reason for detail in given if isinstance(detail, PassedOver)}
    if Reason.REQUIRES_PYTHON in reasons:
        return python
    for reason, advice in _ADVICE.items():
        if reason in reasons:
            return advice
    unknown = sorted(name for fact in core for name in fact.terms if name in packages and not packages[name].states)
    if unknown:
        if refused := next(doubtful_refusals(package.project for package in packages.values()), ""):
            return refused
        return f"check the spelling of {unknown[0]}, and the index that is asked (--index-url, --extra-index-url)"
    return ""


def _loosen(core: Core) -> str:
    """Name the lines that could give way: those that bound something, else all."""
    wanted = sorted(
        {detail for fact in core if isinstance(detail := detail_of(fact), UserRequirement)},
        key=lambda each: (each.requirement.origin.path, each.requirement.origin.line),
    )
    if len(wanted) < 2:
        return ""
    bounding = [each for each in wanted if each.requirement.specifier or each.requirement.url]
    places = list(dict.fromkeys(str(each.requirement.origin) for each in bounding or wanted))
    verb = "loosen" if bounding else "drop"
    if len(places) == 1:
        return f"{verb} {places[0]}"
    return f"{verb} {', '.join(places[:-1])} or {places[-1]}"


def doubtful_refusals(projects: Iterable[Project | None]) -> Iterator[str]:
    """Say of each index that showed not one page of all that a run needed that it may have taken us for a stranger."""
    asked = [project for project in projects if project is not None]
    for place, status in asked[0].refusals if asked else ():
        if all((place, status) in project.refusals for project in asked):
            pages = "the one page" if len(asked) == 1 else f"all {len(asked)} pages"
            yield (
                f"{inert(place, 200)} refused {pages} that it was asked for ({status}), which is taken for projects "
                "that it does not have (--absent-status); a wrong password, or being blocked, would look the same"
            )
