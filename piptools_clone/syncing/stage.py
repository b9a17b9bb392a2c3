"""Stages what a plan installs: each file is chosen, fetched, verified, built if need be, and unpacked into the cache.

Nothing of the environment is touched here.  Wheels whose digests the lock lists and that an earlier run has unpacked
cost no request.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from piptools_clone.errors import BoundExceeded, HashMismatch, MetadataError, PiptoolsCloneError, UsageError
from piptools_clone.formats.requirements.logical_lines import Variables
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.index.files import give_name
from piptools_clone.index.finder import Finder
from piptools_clone.index.stated_digests import digests_of, holds
from piptools_clone.model.artifact import Artifact, Hashes
from piptools_clone.model.observer import Observer
from piptools_clone.model.requirement import Requirement
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.process.workers import Worker
from piptools_clone.syncing.file_choice import ChosenFile, FileChoices, choose
from piptools_clone.syncing.jobs import Jobs
from piptools_clone.syncing.progress_counter import ProgressCounter
from piptools_clone.syncing.small_wheels import Accept, SmallWheels
from piptools_clone.syncing.sources.built_wheels import BuiltWheels, with_subdirectory
from piptools_clone.syncing.sources.changed_sources import ChangedSources
from piptools_clone.syncing.sources.direct_url import (
    SourceReference,
    direct_url_of_archive,
    direct_url_of_checkout,
    direct_url_of_folder,
    recorded_reference,
    without_revision,
)
from piptools_clone.syncing.wanted import pinned_version, spell
from piptools_clone.syncing.write.layout import Incoming, WheelOrigin
from piptools_clone.wheels.pack import WheelHead
from piptools_clone.wheels.wheel_cache import WheelCache

if TYPE_CHECKING:
    from piptools_clone.index.index import Index
    from piptools_clone.index.pages.project import Project

_LISTED = 3  # hashes of a lock that an error shows


class Staged(NamedTuple):
    """A requirement with its name, and the wheel for it in the cache with what is known of it."""

    requirement: Requirement
    incoming: Incoming
    head: WheelHead


class StagingTools(NamedTuple):
    """What staging works with.  The index is opened only when something is not in the cache.

    ``stop`` ends what index and builds are doing, in whatever thread.  ``worker`` is for small wheels.
    ``early_project`` knows the projects whose pages were read before there was an index.  ``variables`` are those of
    the locks: an address is recorded without their values.  ``sources`` knows the fingerprints of folders.
    """

    open_index: Callable[[], Index]
    builds: BuiltWheels
    stop: Callable[[], None]
    finder: Finder
    choices: FileChoices
    wheels: WheelCache
    observer: Observer
    counter: ProgressCounter
    worker: Worker
    variables: Variables
    sources: ChangedSources
    early_project: Callable[[str], Project | None] = lambda _: None


class Underway:
    """What is being staged, to be finished or dropped; ``found`` waits for each and gives it."""

    def __init__(self, tools: StagingTools, accept: Accept) -> None:
        self._stop = tools.stop
        self.small = SmallWheels(tools.open_index, tools.wheels, accept, tools.worker)
        self.jobs = Jobs()
        self.found: list[Callable[[], Staged]] = []

    def attend(self) -> None:
        """Take in what has come meanwhile."""
        self.small.attend()

    def finish(self) -> list[Staged]:
        """Wait for all of it, and give it in the order in which it was asked for.

        Raises the first failure by that order, after what is under way has ended: `IndexFailure`, `HashMismatch`,
        `WheelFault`, `BuildFailure` ...
        """
        try:
            self.jobs.begin()
            found = [each() for each in self.found]
        except BaseException:
            self.drop()
            raise
        self.jobs.end()
        return found

    def drop(self) -> None:
        """Give up what has not ended."""
        self.jobs.drop()
        self._stop()  # else leaving the pool waits for downloads and builds
        self.jobs.end()


class Stager:
    """Stages requirements, several at a time."""

    def __init__(self, tools: StagingTools, relaxed: frozenset[str] = frozenset()) -> None:
        self._tools = tools
        self._relaxed = relaxed

    def begin(self, requirements: Sequence[Requirement]) -> Underway:
        """Begin to stage all of them: ask for their files, and wait for nothing but the pages that name those."""
        underway = Underway(self._tools, self._accept)
        try:
            known = [self._remembered(requirement) for requirement in requirements]
            for requirement, staged in zip(requirements, known, strict=True):
                name = requirement.name
                if not staged and requirement.url is None and name and not self._tools.early_project(name):
                    self._tools.open_index().page(name)  # all are asked for before one is waited for
            for requirement, staged in zip(requirements, known, strict=True):
                underway.found.append(_known(staged) if staged else self._begin(requirement, underway))
        except BaseException:
            underway.drop()
            raise
        return underway

    def _remembered(self, requirement: Requirement) -> Staged | None:
        if requirement.url is not None:
            return None
        chosen = self._tools.choices.read(requirement)
        return self._in_cache(requirement, chosen) if chosen else None

    def _begin(self, requirement: Requirement, underway: Underway) -> Callable[[], Staged]:
        """Begin to fetch, and give what waits for the end of it; failures wait as well.

        Small wheels are fetched in this thread, while the rest is done in others.
        """
        small, jobs = underway.small, underway.jobs
        try:
            if requirement.url is not None:
                return jobs.add(lambda: self._obtain_direct(requirement, recorded_reference(requirement)))
            artifact = self._choose(requirement)
            relaxed = requirement.name in self._relaxed
            if artifact.is_wheel and self._tools.wheels.holds(artifact.sha256 or "", relaxed=relaxed):
                return _known(self._chosen(requirement, artifact, *self._obtain_artifact(requirement, artifact)))
            if small.takes(artifact) and _by_sha256(requirement):
                wheel = small.ask(requirement, artifact, relaxed=relaxed)
                return lambda: self._chosen(requirement, artifact, *self._unless_large(wheel, requirement, artifact))
            return jobs.add(lambda: self._chosen(requirement, artifact, *self._obtain_artifact(requirement, artifact)))
        except PiptoolsCloneError as error:
            failure = error

        def fail() -> Staged:
            raise failure

        return fail

    def _choose(self, requirement: Requirement) -> Artifact:
        name = requirement.name or ""
        project = self._tools.early_project(name) or self._tools.open_index().page(name).result()
        artifact = choose(project, requirement, self._tools.finder)
        if artifact.yanked is not None:
            reason = f": {inert(artifact.yanked)}" if artifact.yanked else ""
            self._tools.observer.warn(f"{spell(requirement)} was yanked{reason}")
        return artifact

    def _unless_large(
        self, wheel: Callable[[], str], requirement: Requirement, artifact: Artifact
    ) -> tuple[str, Hashes]:
        try:
            sha256 = wheel()
        except BoundExceeded:  # its page did not say how large it is, or said something else
            return self._obtain_artifact(requirement, artifact)
        return sha256, (("sha256", sha256),)

    def _chosen(self, requirement: Requirement, artifact: Artifact, wheel: str, digests: Hashes) -> Staged:
        others = " ".join(f"{algorithm}:{digest}" for algorithm, digest in digests if algorithm != "sha256")
        url = self._tools.variables.hide(without_credentials(artifact.url))
        chosen = ChosenFile(dict(digests)["sha256"], artifact.filename, url, others)
        self._tools.choices.keep(requirement, chosen)
        return self._staged(requirement, wheel, chosen.origin)

    def _obtain_direct(self, requirement: Requirement, reference: SourceReference) -> Staged:
        if reference.vcs:
            return self._obtain_checkout(requirement, reference)
        if reference.is_archive:
            from piptools_clone.index.metadata.directs import archive_at

            artifact = archive_at(requirement.url or "")
            wheel, digests = self._obtain_artifact(requirement, artifact, reference.subdirectory)
            return self._staged(requirement, wheel, WheelOrigin(direct_url_of_archive(reference.url, digests)))
        source = self._tools.sources.fingerprint(requirement)  # before the build: what changes meanwhile is seen later
        origin = WheelOrigin(direct_url_of_folder(reference.url, editable=requirement.editable), source=source)
        if requirement.editable:
            return self._staged(requirement, self._tools.builds.editable(requirement), origin)
        address = with_subdirectory(reference.url, reference.subdirectory)
        return self._staged(requirement, self._tools.builds.of_address(requirement, address), origin)

    def _obtain_checkout(self, requirement: Requirement, reference: SourceReference) -> Staged:
        if requirement.editable:
            raise UsageError(
                f"{inert(str(requirement.origin))}: {spell(requirement)}: an editable checkout is not supported",
                hint="check the project out and name its folder with -e, or leave the -e out",
            )
        found = self._tools.open_index().direct(requirement).result()
        address = f"{without_revision(requirement, reference)}@{found.commit}"
        address = with_subdirectory(address, reference.subdirectory)
        wheel = self._tools.builds.of_address(requirement, address, is_vcs=True)
        return self._staged(requirement, wheel, WheelOrigin(direct_url_of_checkout(reference, found.commit)))

    def _obtain_artifact(
        self, requirement: Requirement, artifact: Artifact, subdirectory: str = ""
    ) -> tuple[str, Hashes]:
        """Get a file's wheel into the cache; give the SHA-256 of the wheel, and the digests that are known of the file.

        A wheel of the cache is known by its SHA-256 alone: where that does not decide, the file is fetched.
        """
        relaxed = requirement.name in self._relaxed
        sha256 = artifact.sha256
        if sha256 and artifact.is_wheel and self._tools.wheels.holds(sha256, relaxed=relaxed):
            known: Hashes = (("sha256", sha256),)
            decides = holds(requirement.hashes, known) and (requirement.url is None or artifact.hashes == known)
            if decides or _by_sha256(requirement):
                self._check_allowed(requirement, known, artifact)
                return sha256, known
        import tempfile

        if artifact.is_wheel:
            with tempfile.NamedTemporaryFile(prefix=".fetch-", dir=self._tools.wheels.root) as file:
                path = Path(file.name)
                digests = self._download(requirement, artifact, path)
                sha256 = dict(digests)["sha256"]
                self._tools.wheels.add(path, artifact.filename, sha256, relaxed=relaxed)
            return sha256, digests
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=self._tools.wheels.root) as folder:
            path = Path(folder, "archive")
            digests = self._download(requirement, artifact, path)
            path = Path(give_name(os.fspath(path), artifact.filename))  # a build wants the file under its name
            return self._tools.builds.of_archive(requirement, path, dict(digests)["sha256"], subdirectory), digests

    def _download(self, requirement: Requirement, artifact: Artifact, path: Path) -> Hashes:
        """Fetch a file, and give its digests in the algorithms that are stated of it."""
        index = self._tools.open_index()
        if requirement.url is not None:
            index.vouch(requirement.url)
        sha256 = index.download(artifact, os.fspath(path), locked=bool(requirement.hashes)).result()
        with path.open("rb") as file:
            found = self._accept(requirement, artifact, file, sha256)
        promised = artifact.hashes if requirement.url is not None else ()  # the index has compared them
        return tuple(sorted({*found, *promised}))

    def _accept(self, requirement: Requirement, artifact: Artifact, file: BinaryIO, sha256: str) -> Hashes:
        """Hold a fetched file against the lock, and give its digests.  Raises `HashMismatch`."""
        self._tools.counter.fetched(spell(requirement))
        digests = digests_of(file, sha256, requirement.hashes)
        self._check_allowed(requirement, digests, artifact)
        return digests

    def _check_allowed(self, requirement: Requirement, digests: Hashes, artifact: Artifact) -> None:
        if not holds(requirement.hashes, digests):
            raise HashMismatch(
                f"{inert(str(requirement.origin))}: {inert(artifact.filename)} has the digest "
                f"sha256:{dict(digests).get('sha256')}, which the lock does not list for {spell(requirement)}; "
                f"it lists {_listed(requirement.hashes)}",
                url=without_credentials(artifact.url),
                hint="the file is not the one that was locked: do not use it before you know why",
            )

    def _in_cache(self, requirement: Requirement, chosen: ChosenFile) -> Staged | None:
        if not self._tools.wheels.holds(chosen.sha256, relaxed=requirement.name in self._relaxed):
            return None
        return self._staged(requirement, chosen.sha256, chosen.origin)

    def _staged(self, requirement: Requirement, wheel: str, origin: WheelOrigin) -> Staged:
        relaxed = requirement.name in self._relaxed and self._tools.wheels.holds(wheel, relaxed=True)
        pack = self._tools.wheels.open(wheel, relaxed=relaxed)
        if pack is None:
            raise MetadataError(f"the cached wheel of {spell(requirement)} is damaged", hint="run pip-sync again")
        with pack:
            head = pack.head
        name, version = head.name, head.version
        self._tools.counter.unpacked(spell(requirement))
        pinned = pinned_version(requirement)
        if requirement.name not in (None, name) or (pinned and not requirement.specifier.contains(version, True)):
            raise MetadataError(
                f"{inert(str(requirement.origin))}: {spell(requirement)} turned out to be {name} {version}"
            )
        return Staged(requirement._replace(name=name), Incoming(name, wheel, origin, relaxed), head)


def _listed(hashes: Sequence[str]) -> str:
    """A few hashes of a line, and how many more there are."""
    more = f" and {len(hashes) - _LISTED} more" if len(hashes) > _LISTED else ""
    return ", ".join(map(inert, hashes[:_LISTED])) + more


def _known(staged: Staged) -> Callable[[], Staged]:
    return lambda: staged


def _by_sha256(requirement: Requirement) -> bool:
    """Whether the lock names files by their SHA-256 alone, if it does."""
    return requirement.url is None and all(text.startswith("sha256:") for text in requirement.hashes)
