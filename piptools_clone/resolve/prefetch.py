"""Reads ahead of the solver: asks for pages as soon as names are known, and for the metadata of likely choices.

Nothing here decides anything: a wrong guess costs a request, never a different lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.requirements.dependencies import Dependency, DependencyReader
from piptools_clone.http.futures import Future
from piptools_clone.index.index import Index
from piptools_clone.index.pages.project import Project
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate, CoreMetadata
from piptools_clone.resolve.candidates import Candidates

if TYPE_CHECKING:
    from piptools_clone.index.pages.page_split import Sought
    from piptools_clone.model.requirement import Requirement

T = TypeVar("T")

GUESS_DEPTH = 25  # versions looked at for a guess: what is further down is no likely choice
GUESSES = 3  # for one package: where they keep being wrong the solver walks, and reads ahead by itself


class Prefetch:
    """Follows names and likely choices through the index, in the threads that the index answers from."""

    def __init__(self, index: Index, candidates: Candidates, reader: DependencyReader) -> None:
        self._index = index
        self._candidates = candidates
        self._reader = reader
        self._lock = Lock()
        self._specifiers: dict[str, list[str]] = {}
        self._extras: dict[str, set[str]] = {}
        self._constraints: dict[str, list[str]] = {}
        self._guessed: dict[str, set[tuple[str, frozenset[str]]]] = {}
        self._known: dict[str, Future[Project]] = {}  # pages that were there at once, for which nothing was guessed yet
        self._partial_reads: dict[str, tuple[Project, Artifact]] = {}  # with what was guessed from them
        self._queue: deque[Dependency] = deque()
        self._is_following = False
        self._stopped = False
        index.show(self)

    def begin(self, roots: Sequence[Requirement], constraints: Sequence[Requirement]) -> None:
        """Start from what the user asked for; the same again does no harm."""
        self._constraints.clear()
        for constraint in constraints:
            self._constraints.setdefault(str(constraint.name), []).append(str(constraint.specifier))
        named = [root for root in roots if root.name and root.url is None]
        self.want([Dependency(str(root.name), root.extras, str(root.specifier)) for root in named])

    def want(self, dependencies: Iterable[Dependency]) -> None:
        """Ask for the pages of these, then for the metadata of their likely versions, and so on down."""
        with self._lock:
            self._queue.extend(dependencies)
            if self._is_following:  # what is there at once may want more at once: that waits for its turn
                return
            self._is_following = True
        try:
            while (dependency := self._next()) is not None:
                self._ask_page(dependency)
        except BaseException:
            self._is_following = False
            raise

    def _next(self) -> Dependency | None:
        with self._lock:
            self._is_following = bool(self._queue)
            return self._queue.popleft() if self._queue else None

    def _ask_page(self, dependency: Dependency) -> None:
        if dependency.url is None and self._note(dependency) and not self._stopped:
            page = self._index.page(dependency.name)
            if page.done() and not self._index.has_asked:
                self._known[dependency.name] = page
            else:
                page.add_done_callback(partial(self._page_ready, dependency.name))
                self._look_again(dependency.name)

    def page(self, name: str) -> Project:
        """What is known of a project, waiting for it."""
        future = self._index.page(name)
        self._index.attend()
        if not future.done():
            self._index.hurry(name)
        return self._answer(future)

    def wait_for(self, future: Future[T]) -> T:
        """The answer of a future.  Where the cache has all answers the solver is faster than guesses."""
        self._index.attend()
        return self._answer(future)

    def _answer(self, future: Future[T]) -> T:
        while self._known and not future.done():
            self._page_ready(*self._known.popitem())
        return future.result()

    def stop(self) -> None:
        """Follow nothing more."""
        self._stopped = True

    def _note(self, dependency: Dependency) -> bool:
        """Remember a demand; whether it is new."""
        with self._lock:
            specifiers = self._specifiers.setdefault(dependency.name, [])
            extras = self._extras.setdefault(dependency.name, set())
            new = dependency.specifier not in specifiers or not extras.issuperset(dependency.extras)
            if dependency.specifier not in specifiers:
                specifiers.append(dependency.specifier)
            extras.update(dependency.extras)
            return new

    def _page_ready(self, name: str, future: Future[Project]) -> None:
        self._partial_reads.pop(name, None)
        if self._stopped or future.cancelled() or future.exception() is not None:
            return  # the solver meets the failure, if it needs this page
        self._follow(future.result())

    def sought(self, name: str) -> Sought:
        """The versions of a project of which one will likely be chosen: the old pin, or what the demands admit."""
        from piptools_clone.index.pages.page_split import Sought

        wanted = self._wanted(name)
        pre = self._tries_pre_releases(name, wanted)
        pin = self._candidates.kept.get(name)
        clauses = [clause for specifier in wanted.values() for clause in specifier]
        equal = [clause.version for clause in clauses if clause.operator == "=="]
        exact = [version for version in equal if not version.endswith(".*")]
        least = [clause.version for clause in clauses if clause.operator in (">=", "~=")]
        return Sought(
            lambda version: (
                (pre or not version.is_prerelease)
                and all(specifier.contains(version, True) for specifier in wanted.values())
            ),
            exact if pin is None else [str(pin)],
            max(least, key=Version, default=None),
        )

    def take_partial(self, project: Project) -> bool:
        """Follow the likely releases of a page that is not read yet; whether they hold a likely choice."""
        pin = self._candidates.kept.get(project.name)
        if self._stopped or (pin is not None and pin not in project.versions):
            return False
        guessed = self._follow(project)
        if guessed is None:
            return False
        self._partial_reads[project.name] = project, guessed
        return True

    def _look_again(self, name: str) -> None:
        """A project is demanded anew while its page waits to be read: the same guess will do, or it waits no longer."""
        seen = self._partial_reads.get(name)
        if seen is None:
            return
        project, guessed = seen
        if self._guess(project, self._wanted(name)) is guessed:
            self._ask_for(name, guessed)
        else:
            self._index.hurry(name)

    def _wanted(self, name: str) -> dict[str, SpecifierSet]:
        """What is demanded of the versions of a project so far, by text."""
        with self._lock:
            specifiers = [*self._specifiers[name], *self._constraints.get(name, ())]
        return {text: self._reader.specifier(text) for text in specifiers if text}

    def _follow(self, project: Project) -> Artifact | None:
        """Ask for the metadata of the likely choice, if there is one."""
        artifact = self._guess(project, self._wanted(project.name))
        if artifact is not None:
            self._ask_for(project.name, artifact)
        return artifact

    def _ask_for(self, name: str, artifact: Artifact) -> None:
        """Ask for the metadata of a file, and follow what it demands with the extras that are demanded so far."""
        with self._lock:
            extras = frozenset(self._extras[name])
            guesses = self._guessed.setdefault(name, set())
            if (artifact.url, extras) in guesses or len(guesses) >= GUESSES:
                return
            guesses.add((artifact.url, extras))
        self._index.metadata(artifact).add_done_callback(partial(self._metadata_ready, extras))

    def _guess(self, project: Project, wanted: Mapping[str, SpecifierSet]) -> Artifact | None:
        """A file of the version that the solver will most likely try: the old pin, else the best that fits."""
        package = self._candidates.package(project)
        allowed = package.all
        for text, specifier in wanted.items():
            allowed &= package.bits(specifier, text)
        order = self._candidates.order(package, allowed, pre=self._tries_pre_releases(project.name, wanted))
        for state in islice(order, GUESS_DEPTH):
            outcome = self._candidates.examine(package, state)
            if isinstance(outcome, Candidate) and outcome.preferred.yanked is None:
                return outcome.preferred if outcome.preferred.is_wheel else None  # nothing is built on a guess
        return None

    def _tries_pre_releases(self, name: str, wanted: Mapping[str, SpecifierSet]) -> bool:
        settled = self._candidates.policy.admits_pre_releases(name)
        return any(specifier.prereleases for specifier in wanted.values()) if settled is None else settled

    def _metadata_ready(self, extras: frozenset[str], future: Future[CoreMetadata]) -> None:
        if self._stopped or future.cancelled() or future.exception() is not None:
            return
        try:
            metadata = future.result()
            found = [each for extra in ("", *sorted(extras)) for each in self._reader.read(metadata, extra)]
        except PiptoolsCloneError:
            return  # the solver meets the same and says it
        self.want(found)
