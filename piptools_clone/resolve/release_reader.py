"""What releases need, each read once in a search."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from piptools_clone.errors import BuildFailure, BuildForbidden, ForeignBuild, MetadataError, ReleaseNotBuilt
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.metadata.release_metadata import NeedsBuild
from piptools_clone.model.candidate import Candidate, CoreMetadata, Reason, Rejection
from piptools_clone.resolve.references import place_on_this_machine

if TYPE_CHECKING:
    from piptools_clone.formats.requirements.dependencies import Dependency
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.package_versions import PackageVersions
    from piptools_clone.resolve.selection import Selection


SHOWN_REQUIRERS = 3  # of a release that could not be built: more would hide the output of the build


class Rejections(Protocol):
    """Is told of releases that may not be chosen, as a builder of incompatibilities is."""

    def pass_over(self, name: str, bits: int, rejection: Rejection) -> None:
        """States of a package that may not be chosen, with the reason."""


class ReleaseReader:
    """Reads the metadata of releases for one search; ``count`` says of how many.

    A release whose metadata cannot be used is told to the solver, with the reason.
    """

    def __init__(self, selection: Selection, builder: Rejections) -> None:
        self._selection = selection
        self._builder = builder
        self._read: dict[str, dict[int, CoreMetadata]] = {}
        self._needs: dict[tuple[str, int], list[Dependency]] = {}  # without extras
        self.count = 0

    def states(self, name: str) -> Collection[int]:
        """The states of a package that were read."""
        return self._read.get(name, {}).keys()

    def metadata(self, name: str, state: int) -> CoreMetadata:
        """The metadata of a release that was read."""
        return self._read[name][state]

    def needs(self, name: str, state: int, extra: str = "") -> list[Dependency]:
        """What a release that was read needs on the target; with an extra only what that adds."""
        if not extra:
            return self._needs[name, state]
        return self._selection.reader.read(self._read[name][state], extra)

    def read(self, package: PackageVersions, state: int, candidate: Candidate | None) -> bool:
        """Read a release, ``candidate`` unless it is a direct reference; whether it can be chosen.

        Raises BuildFailure.
        """
        if state in self.states(package.name):
            return True
        direct = package.direct(state)
        found: tuple[CoreMetadata, list[Dependency]] | None
        if direct:
            found = direct.metadata, self._selection.reader.read(direct.metadata)
        else:
            found = self._read_candidate(package, state, candidate)
        if found is None or self.is_refused(package, state, found[1]):
            return False
        self._read.setdefault(package.name, {})[state], self._needs[package.name, state] = found
        self.count += 1
        return True

    def needs_build(self, candidate: Candidate) -> bool:
        """Whether only a build tells what a source distribution needs."""
        try:
            self._selection.prefetch.wait_for(self._selection.index.metadata(candidate.preferred, build=False))
        except NeedsBuild:
            return True
        except MetadataError:
            return False  # which is met again, and said, where it is tried
        return False

    def is_refused(self, package: PackageVersions, state: int, dependencies: Iterable[Dependency]) -> bool:
        """Whether a release that is not the user's own names something on this machine."""
        shown = place_on_this_machine(dependencies, package.direct(state))
        if shown:
            self._builder.pass_over(package.name, 1 << state, Rejection(Reason.LOCAL, shown))
        return bool(shown)

    def _read_candidate(
        self, package: PackageVersions, state: int, candidate: Candidate | None
    ) -> tuple[CoreMetadata, list[Dependency]] | None:
        """The metadata of a release and what it needs, None where it cannot be chosen."""
        assert candidate is not None
        selection = self._selection
        try:
            metadata = selection.prefetch.wait_for(selection.index.metadata(candidate.preferred))
            dependencies = selection.reader.read(metadata)  # raises for what cannot be understood
        except MetadataError as error:
            rejection = Rejection(Reason.BROKEN_METADATA, error.message)
        except BuildForbidden as error:
            rejection = Rejection(Reason.BUILD_FAILED, error.message)
        else:
            if selection.candidates.finder.python_fits(metadata.requires_python):
                return metadata, dependencies
            rejection = Rejection(Reason.REQUIRES_PYTHON, metadata.requires_python or "")
        self._builder.pass_over(package.name, 1 << state, rejection)
        return None


def not_built(package: PackageVersions, state: int, failure: BuildFailure, requirers: Sequence[str]) -> ReleaseNotBuilt:
    """The error for a release that is to be chosen and could not be built; ``requirers`` say in words who needs it."""
    release = f"{package.name} {inert(str(package.version(state)))}"
    wanted = "; ".join(requirers[:SHOWN_REQUIRERS])
    hint = (
        "install what the build says is missing; or ask for a version that has a wheel for this Python; "
        f"or leave source distributions out with --only-binary {package.name}"
    )
    return ReleaseNotBuilt(
        f"{release} could not be built, so what it requires is not known ({wanted}): {failure.message}",
        log=failure.log,
        hint=failure.hint if isinstance(failure, ForeignBuild) else hint,
    )


def requirers_of(
    name: str, roots: Iterable[Requirement], needs: Iterable[tuple[PackageVersions, int, Dependency]]
) -> list[str]:
    """Who requires a package, in words: lines of the user, and releases (a package and a state) that need it."""
    wanted = [f"{root.origin} requires {name}{root.specifier}" for root in roots if root.name == name]
    for package, state, dependency in needs:
        version = inert(str(package.version(state)))
        wanted.append(f"{package.name} {version} needs {name}{inert(dependency.specifier)}")
    return list(dict.fromkeys(wanted))
