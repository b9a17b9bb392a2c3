"""What a user should hear about packages that were chosen: yanked, archived, offered twice, without an extra."""

from collections.abc import Iterable, Iterator, Sequence

from packaging.utils import canonicalize_name

from piptools_clone.formats.sanitize import inert
from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.resolve.explain.advice import doubtful_refusals
from piptools_clone.resolve.graph import ChosenPackage
from piptools_clone.resolve.resolution import Resolution

LISTED = 8  # names in one sentence; more are counted


class Remarks(NamedTuple):
    """Sentences: ``warnings`` are always said, ``announcements`` unless the user wants quiet."""

    warnings: tuple[str, ...]
    announcements: tuple[str, ...]


def remarks_on(resolution: Resolution, chosen: Sequence[ChosenPackage]) -> Remarks:
    """Everything that is worth a word about a resolution, in the order of names."""
    warnings = [*doubtful_refusals(package.project for package in resolution.known.by_name.values())]
    warnings += [*_yanked(chosen), *_statuses(resolution, chosen), *_missing_extras(resolution, chosen)]
    warnings += _younger(resolution, chosen)
    return Remarks(tuple(warnings), tuple(_offered_twice(resolution, chosen)))


def _yanked(chosen: Iterable[ChosenPackage]) -> Iterator[str]:
    for pin, candidate, _ in chosen:
        if candidate is not None and candidate.preferred.yanked is not None:
            reason = inert(candidate.preferred.yanked) or "no reason is given"
            yield f"{pin.name} {pin.version} was yanked: {reason}"


def _younger(resolution: Resolution, chosen: Iterable[ChosenPackage]) -> Iterator[str]:
    """Pins of the old lock that stay although they are younger than the cut-off date."""
    finder = resolution.selection.candidates.finder
    for pin, candidate, _ in chosen if finder.cuts_off else ():
        project = resolution.known.by_name[pin.name].project
        if candidate is not None and project is not None:
            outcome = finder.examine(project, resolution.decisions[pin.name] - 1)
            if isinstance(outcome, Rejection) and outcome.reason is Reason.TOO_NEW:
                when = inert(outcome.detail)
                yield f"{pin.name}=={pin.version} is locked and stays although it is younger than the cut-off ({when})"


def _statuses(resolution: Resolution, chosen: Iterable[ChosenPackage]) -> Iterator[str]:
    """PEP 792; what is quarantined is never chosen."""
    for pin, _, _ in chosen:
        project = resolution.known.by_name[pin.name].project
        status = project.status if project is not None else None
        if status is not None and status.state != "active":
            reason = f": {inert(status.reason)}" if status.reason else ""
            yield f"{pin.name} is marked as {inert(status.state)} by its index{reason}"


def _missing_extras(resolution: Resolution, chosen: Iterable[ChosenPackage]) -> Iterator[str]:
    """Extras that are neither declared nor, as in metadata of old tools, used in a marker."""
    named_extras = resolution.selection.reader.named_extras
    for pin, _, _ in chosen:
        if pin.extras:
            metadata = resolution.known.releases.metadata(pin.name, resolution.decisions[pin.name])
            declared = {*map(canonicalize_name, metadata.provides_extra), *named_extras(metadata)}
            for extra in pin.extras:
                if extra not in declared:
                    yield f"{pin.name} {pin.version} does not provide the extra '{inert(extra)}'"


def _offered_twice(resolution: Resolution, chosen: Iterable[ChosenPackage]) -> Iterator[str]:
    """Who can register a name on one index could replace a package of another."""
    names, places = [], dict[str, None]()
    for pin, candidate, _ in chosen:
        project = resolution.known.by_name[pin.name].project
        found_on = () if project is None else project.found_on
        if len(found_on) > 1 and not (candidate and _is_mirrored(candidate, found_on)):
            names.append(pin.name)
            places.update(dict.fromkeys(found_on))
    if names:
        shown = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
        verb = "is" if len(names) == 1 else "are"
        yield f"{shown} {verb} offered by several indexes ({inert(', '.join(places), 400)}); see --index-strategy"


def _is_mirrored(candidate: Candidate, places: Iterable[str]) -> bool:
    """Whether all places offer the same files of a version, so that it does not matter whose are taken."""
    offered: dict[str, set[tuple[str, str]]] = {place: set() for place in places}
    for artifact in candidate.artifacts:
        if artifact.source in offered:
            offered[artifact.source].add((artifact.filename, artifact.sha256 or artifact.url))
    files = list(offered.values())
    return bool(files[0]) and all(each == files[0] for each in files)
