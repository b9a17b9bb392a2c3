"""Whether what an address leads to on this machine, or in a repository, is still what was installed from there.

An address says where something is, not what: a folder and a file are what they hold, a branch is the commit that it is
at.  Each is asked once in a run, so that all of its plans agree.  What can be no other thing is not asked for: a full
commit, an address of the network, a file whose digest the lock states.  Mercurial, Subversion and Bazaar are not asked:
what was installed from there stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.environment.installed import Distribution
from piptools_clone.formats.sanitize import inert
from piptools_clone.model.observer import Observer
from piptools_clone.model.requirement import Requirement
from piptools_clone.syncing.sources.direct_url import (
    SourceReference,
    is_fixed,
    recorded_hashes,
    take_apart,
    without_revision,
)
from piptools_clone.syncing.wanted import spell
from piptools_clone.wheels.source_note import recorded_fingerprint

if TYPE_CHECKING:
    from piptools_clone.build.pip_build import PipBuilder


class ChangedSources:
    """What direct references lead to now.  For several threads: what two of them ask for at a time is the same.

    ``open_builder`` gives what asks repositories; offline they are not asked.  ``cache`` is the folder of the cache,
    which may lie in that of a project.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        observer: Observer,
        open_builder: Callable[[], PipBuilder],
        *,
        offline: bool,
        cache: str | None = None,
    ) -> None:
        self._environ = environ
        self._observer = observer
        self._open_builder = open_builder
        self._offline = offline
        self._kept = (cache,) if cache else ()
        self._known: dict[tuple[str, bool], str] = {}
        self._told: set[str] = set()

    def why_changed(self, distribution: Distribution, requirement: Requirement) -> str:
        """Tell why what is installed is not what is at its own address now; "" when it is, or that cannot be told.

        Raises `BuildFailure` for a repository that does not answer.
        """
        if requirement.url is None or is_fixed(requirement):
            return ""
        reference, recorded = take_apart(requirement.url), distribution.direct_url or {}
        if reference.vcs:
            return (
                self._why_moved(requirement, reference, recorded.get("vcs_info", {})) if reference.vcs == "git" else ""
            )
        if not reference.url.startswith("file:"):
            return ""  # to know what is at an address of the network, it would have to be fetched each time
        if reference.is_archive:
            return self._why_other_file(requirement, recorded_hashes(recorded).get("sha256", ""))
        known = recorded_fingerprint(distribution)
        if not known and requirement.editable:
            return "its folder has changed" if _is_newer(requirement, distribution) else ""
        return self._why_other_folder(requirement, known)

    def fingerprint(self, requirement: Requirement) -> str:
        """Give the fingerprint of the folder of a requirement, "" for one that is too large to compare."""
        return self._once(requirement, lambda each: _folder_fingerprint(each, self._environ, self._kept))

    def _why_other_folder(self, requirement: Requirement, recorded: str) -> str:
        found = self.fingerprint(requirement)
        if not found:
            return "its folder is too large to compare"
        if not recorded:
            return "it was not recorded what its folder held"
        return "" if found == recorded else "its folder has changed"

    def _why_other_file(self, requirement: Requirement, recorded: str) -> str:
        if not recorded:
            return "it was not recorded what its file held"
        return "" if self._once(requirement, _file_digest) == recorded else "its file has changed"

    def _why_moved(self, requirement: Requirement, reference: SourceReference, info: Mapping[str, object]) -> str:
        if self._offline:
            self._tell(self._observer.note, requirement, "offline it is not known where it leads now")
            return ""

        def ask(requirement: Requirement) -> str:
            self._observer.note(f"asking what {spell(requirement)} leads to now")
            address = without_revision(requirement, reference)
            return self._open_builder().resolve_revision(address, reference.revision, spell(requirement))

        commit, installed = self._once(requirement, ask), str(info.get("commit_id", ""))
        name = reference.revision or "HEAD"
        if commit:
            return "" if commit == installed else f"{inert(name, 100)} is at {commit[:12]} now"
        if not (len(name) >= _SHORTEST and installed.startswith(name.lower())):
            missing = f"its repository has neither a branch nor a tag {inert(name, 100)}"
            self._tell(self._observer.warn, requirement, f"{missing}; --reinstall {requirement.name} installs it anew")
        return ""

    def _tell(self, tell: Callable[[str], None], requirement: Requirement, why: str) -> None:
        """Say once why something is left alone; a run makes several plans."""
        text = f"{spell(requirement)} is left as it is: {why}"
        if text not in self._told:
            self._told.add(text)
            tell(text)

    def _once(self, requirement: Requirement, ask: Callable[[Requirement], str]) -> str:
        key = requirement.url or "", requirement.editable
        if key not in self._known:
            self._known[key] = ask(requirement)
        return self._known[key]


_SHORTEST = 4  # characters of an abbreviated commit, by which git takes it for one


def _path_of(requirement: Requirement) -> str:
    from piptools_clone.index.pages.links import local_path

    return local_path((requirement.url or "").partition("#")[0])


def _project_of(requirement: Requirement) -> str:
    return os.path.join(_path_of(requirement), take_apart(requirement.url or "").subdirectory)


def _file_digest(requirement: Requirement) -> str:
    from hashlib import file_digest

    try:
        with open(_path_of(requirement), "rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:  # to install it anew will tell why
        return ""


def _is_newer(requirement: Requirement, editable: Distribution) -> bool:
    """Whether what the metadata of an editable comes from is newer than that, where no fingerprint was recorded.

    Another installer made it then.  Its code is that of the folder all the same, so times will do.
    """
    from piptools_clone.syncing.sources.metadata_inputs import ProjectFiles

    project = _project_of(requirement)
    try:
        paths = [os.path.join(project, path) for path in ProjectFiles(project).metadata_inputs()]
        made = (editable.info / "METADATA").stat().st_mtime_ns
        return any(os.stat(path).st_mtime_ns > made for path in paths)
    except OSError:
        return True


def _folder_fingerprint(requirement: Requirement, environ: Mapping[str, str], kept: Iterable[str]) -> str:
    """Of a folder all that a build may read; of an editable what its metadata comes from."""
    from piptools_clone.build.work_tree import ignored_paths, is_in_work_tree, references
    from piptools_clone.syncing.sources.fingerprint import TooLargeError, fingerprint_files, fingerprint_folder
    from piptools_clone.syncing.sources.metadata_inputs import ProjectFiles

    folder = _path_of(requirement)
    project = _project_of(requirement)
    files, is_tracked = ProjectFiles(project), is_in_work_tree(folder)
    facts = [references(folder, environ)] if is_tracked and files.asks_version_control else []
    try:
        if requirement.editable:
            return fingerprint_files(project, files.metadata_inputs(), facts)
        return fingerprint_folder(folder, ignored_paths(folder, environ) if is_tracked else (), facts, kept)
    except TooLargeError:
        return ""
