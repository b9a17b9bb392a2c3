"""From a world that fails to a small part of it that fails, and its text, which can be put into a test as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pprint import pformat

from tests.resolve.worlds import Release, World
from tests.universal.truth import Case

MOST_TRIALS = 600


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Leave out, as long as it still fails, one thing after the other."""
    trials = 0
    again = True
    while again:
        again = False
        for smaller in _smaller(case):
            trials += 1
            if trials > MOST_TRIALS:
                return case
            if fails(smaller):
                case, again = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    packages = case.world.packages
    for name in packages:
        yield _with_packages(case, {other: own for other, own in packages.items() if other != name})
    for i in range(len(case.roots)):
        yield case._replace(roots=case.roots[:i] + case.roots[i + 1 :])
    for i in range(len(case.constraints)):
        yield case._replace(constraints=case.constraints[:i] + case.constraints[i + 1 :])
    for name, own in packages.items():
        for version, release in own.items():
            yield _with_packages(
                case, {**packages, name: {text: each for text, each in own.items() if text != version}}
            )
            for smaller in _smaller_releases(release):
                yield _with_packages(case, {**packages, name: {**own, version: smaller}})
    for i, line in enumerate(case.roots):
        if ";" in line:
            yield case._replace(roots=(*case.roots[:i], line.partition(" ;")[0], *case.roots[i + 1 :]))


def _smaller_releases(release: Release) -> Iterator[Release]:
    lines = release.requires or ()
    for i, line in enumerate(lines):
        yield release._replace(requires=lines[:i] + lines[i + 1 :])
        if ";" in line:
            yield release._replace(requires=(*lines[:i], line.partition(" ;")[0], *lines[i + 1 :]))
    if release.requires_python:
        yield release._replace(requires_python=None)
    if release.yanked is not None:
        yield release._replace(yanked=None)


def _with_packages(case: Case, packages: dict[str, dict[str, Release]]) -> Case:
    return case._replace(world=case.world._replace(packages={name: own for name, own in packages.items() if own}))


def written(case: Case) -> str:
    """The case as Python, as `scenarios` has them: to be put into a test."""
    packages = {
        name: {version: _written_release(each) for version, each in own.items()}
        for name, own in case.world.packages.items()
    }
    rest = {name: value for name, value in case._asdict().items() if name != "world"}
    if case.world.directs:
        rest["directs"] = dict(case.world.directs)
    return f"reproduce(\n{pformat(packages, width=110)},\n**{pformat(rest, width=110)})"


def _written_release(release: Release) -> object:
    facts = (release.requires or (), release.requires_python, release.yanked)
    return facts[0] if facts[1:] == (None, None) else facts


def reproduce(packages: dict[str, dict[str, object]], **rest: object) -> Case:
    """The case of a text that `written` made: by name and version needs, or needs, Requires-Python and yanked."""
    read = {name: {version: _read_release(each) for version, each in own.items()} for name, own in packages.items()}
    directs = rest.pop("directs", {})
    return Case(World(read, (), (), directs), **rest)  # type: ignore[arg-type] # the fields of a case


def _read_release(facts: object) -> Release:
    assert isinstance(facts, tuple)
    if facts and isinstance(facts[0], tuple):
        return Release(facts[0], facts[2], facts[1])
    return Release(facts)
