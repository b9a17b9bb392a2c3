"""What a git repository has under the names of branches and tags, as ``git ls-remote`` tells it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable


def asked_names(revision: str) -> tuple[str, ...]:
    """The references of a git repository to ask for, the one that counts first, as pip tries them when it checks out.

    A branch first, then a tag (to the commit that it names), and a full name such as ``refs/pull/1/head``; without any
    it is the branch that the repository is on.
    """
    if not revision:
        return ("HEAD",)
    tag = f"refs/tags/{revision}"
    return f"refs/heads/{revision}", f"{tag}^{{}}", tag, f"{revision}^{{}}", revision


def parse_references(lines: Iterable[str]) -> dict[str, str]:
    """What ``git ls-remote`` prints: commits (or tags) by the names of references; anything else is passed over."""
    found = {}
    for line in lines:
        commit, tab, name = line.rstrip("\n").partition("\t")
        if tab and len(commit) in (40, 64) and commit.isalnum() and commit.isascii():
            found[name] = commit
    return found
