"""The folder of one build, and what pip left in it: its report, and checkouts."""

# pathlib is a slow import:
import os
from typing import Any

from piptools_clone.errors import BuildFailure
from piptools_clone.index.metadata.core_metadata import check_identity
from piptools_clone.index.metadata.source_builder import Built
from piptools_clone.model.candidate import CoreMetadata

REPORT_LIMIT = 64 * 2**20
"""Bytes of pip's report, which has the description of a project in it."""


class BuildFolder:
    """The files of one build, in a folder that only this user can enter.

    ``places`` are indexes and find-links as pip was given them, each with what it stands for.
    """

    def __init__(self, folder: str) -> None:
        self.home = os.path.join(folder, "home")
        self.netrc = os.path.join(folder, "netrc")
        self.wanted = os.path.join(folder, "wanted.txt")
        self.constraints = os.path.join(folder, "constraints.txt")
        self.report = os.path.join(folder, "report.json")
        self.log = os.path.join(folder, "log.txt")
        self.git_config = os.path.join(self.home, ".gitconfig")
        self.git_logins = os.path.join(folder, "git-logins")
        self.svn_password = os.path.join(folder, "svn-password")
        self.programs = os.path.join(folder, "programs")
        self.src = os.path.join(folder, "src")
        self.places: list[tuple[str, str]] = []
        os.mkdir(self.home, 0o700)


def write_private(path: str, text: str) -> None:
    """Write a file that only this user can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def read_report(work: BuildFolder, what: str) -> Built:
    """Read pip's installation report (version 1).  Raises BuildFailure."""
    import json

    try:
        with open(work.report, "rb") as file:
            (item,) = json.loads(file.read(REPORT_LIMIT))["install"]  # a longer one is cut, and makes no sense
        return Built(_metadata_of(item["metadata"], what), _commit_of(item["download_info"]) or _checked_out(work.src))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BuildFailure(f"pip's report of {what} cannot be understood") from error


def _metadata_of(fields: dict[str, Any], what: str) -> CoreMetadata:
    metadata = CoreMetadata(
        str(fields["name"]),
        str(fields["version"]),
        tuple(map(str, fields.get("requires_dist", ()))),
        fields.get("requires_python") or None,
        tuple(map(str, fields.get("provides_extra", ()))),
    )
    check_identity(metadata, what)
    return metadata


def _commit_of(download: dict[str, Any]) -> str:
    commit = str(download.get("vcs_info", {}).get("commit_id", ""))
    return commit if commit.isalnum() else ""


def _checked_out(folder: str) -> str:
    """The commit of the git checkout that pip made below a folder for ``-e``, of which its report says nothing."""
    try:
        (name,) = os.listdir(folder)
        git = os.path.join(folder, name, ".git")
        head = _line(os.path.join(git, "HEAD"))
        commit = _line(os.path.join(git, *head[5:].split("/"))) if head.startswith("ref: ") else head
    except (OSError, ValueError):
        return ""
    return commit if commit.isalnum() else ""


def _line(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.readline().strip()
