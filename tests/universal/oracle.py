"""What a lock for many environments must be, and what a refusal must: held against exhaustive search.

A *lock* is right if in each sampled environment the lines that hold are a solution there (one choice for each name that
is needed, nothing else, `truth.choices`), and if it is not *outdone*.  The notion of best that is held:

1. **No lines can be raised.**  Environments share versions, so that in one of them alone a newer one may well fit.
   But there is no way to give some lines newer versions, each in all the environments where it holds, so that each of
   these environments has a solution with the raised versions and with the versions of all other lines (names that were
   not locked there may come, and those that are needed no more may go).  For then nothing in any environment was a
   reason for the older versions: see `raises`.
2. **Where everything can be newest, it is.**  If in every environment the newest usable release of everything that is
   needed is a solution, then the lock has just that.  (With the policy `fewest` only if these are the same everywhere.)

Both are held in worlds without pre-releases, local versions, yanked files and addresses; the first with the policy
`fewest` only where no Requires-Python excludes anything (else versions may be passed over too early).

A *refusal* is right if it holds exactly in those sampled environments that have no solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, product
from typing import NamedTuple

from packaging.version import Version

from tests.universal.adapter import Locked, Refused
from tests.universal.samples import Environment, describe, holds
from tests.universal.truth import (
    Case,
    Kind,
    Line,
    Universe,
    choices,
    demands,
    has_plain_solution,
    is_admitted,
    is_lenient,
    is_pre_release,
    is_solvable,
    kinds,
    parse,
)

MOST_RAISES = 300
"""More ways to raise lines than this are not all tried, but each line and each two lines."""
MOST_CHOICES = 3_000
"""An environment with more solutions than this is not asked for the best of them."""


class Part(NamedTuple):
    """Environments that see the same and in which the same lines hold, by their numbers."""

    universe: Universe
    lines: tuple[int, ...]
    example: Environment


def problems(case: Case, answer: Locked | Refused) -> list[str]:
    """Everything that is wrong with an answer, each with an environment that shows it; empty if it is right."""
    if isinstance(answer, Refused):
        return list(_wrong_refusal(case, answer))
    lines = [parse(line) for line in answer.lines]
    found = [f"a line stands twice: {text}" for text in sorted(_doubles(lines))]
    parts = parts_of(case, lines)
    for part in parts:
        found += _wrong_part(part, lines, case)
    return found or list(_outdone(case, lines, parts))


def choice_of(line: Line) -> str:
    """The version or the address that a line of a lock gives."""
    return line.url or line.specifier.removeprefix("==")


def _doubles(lines: Sequence[Line]) -> set[str]:
    texts = [f"{line.name} {choice_of(line)}" for line in lines]
    return {text for text in texts if texts.count(text) > 1}


def parts_of(case: Case, lines: Sequence[Line]) -> list[Part]:
    """The sampled environments by what they see and by which lines of a lock hold there."""
    found: dict[tuple[int, tuple[int, ...]], Part] = {}
    for number, kind in enumerate(kinds(case, [line.marker for line in lines])):
        for environment in kind.environments:
            active = tuple(i for i, line in enumerate(lines) if holds(line.marker, environment))
            found.setdefault((number, active), Part(kind.universe, active, environment))
    return list(found.values())


def _wrong_refusal(case: Case, answer: Refused) -> Iterator[str]:
    if not answer.marker_texts:
        yield "refused, but nowhere"
    for kind in kinds(case, answer.marker_texts):
        for refused, environment in _by_refusal(kind, answer).items():
            where = describe(environment, (*case.markers, *answer.marker_texts))
            if refused and is_solvable(kind.universe):
                yield f"refused, but there is a solution where {where}"
            elif not refused and answer.is_complete and next(choices(kind.universe), None) is None:
                yield f"not refused, but there is no solution where {where}"


def _by_refusal(kind: Kind, answer: Refused) -> dict[bool, Environment]:
    found: dict[bool, Environment] = {}
    for environment in kind.environments:
        found.setdefault(any(holds(text, environment) for text in answer.marker_texts), environment)
    return found


def _wrong_part(part: Part, lines: Sequence[Line], case: Case) -> Iterator[str]:
    where = describe(part.example, (*case.markers, *(line.marker for line in lines)))
    for problem in _wrong_lines(part.universe, [lines[i] for i in part.lines]):
        yield f"{problem} where {where}"


def _wrong_lines(universe: Universe, lines: Sequence[Line]) -> Iterator[str]:
    """What is wrong with the lines that hold in an environment."""
    chosen: dict[str, str] = {}
    for line in lines:
        choice = choice_of(line)
        if line.name in chosen:
            yield f"{line.name} stands at {chosen[line.name]} and {choice}"
        elif choice not in universe.releases.get(line.name, {}):
            yield f"{line.name} {choice} cannot be used"
        else:
            chosen[line.name] = choice
    asked = demands(universe, chosen)
    yield from (f"{name} is missing" for name in asked if name not in chosen)
    yield from (f"{name} is superfluous" for name in chosen if name not in asked)
    both = chosen.keys() & asked.keys()
    wrong = sorted(name for name in both if not is_admitted(universe, name, chosen[name], asked[name]))
    yield from (f"{name} {chosen[name]} is not admitted" for name in wrong)
    whole = not wrong and chosen.keys() == asked.keys()
    if whole and not is_lenient(universe, chosen) and has_plain_solution(universe):
        yield f"a pre-release or a yanked release is chosen without need: {chosen}"


# the best lock


def _outdone(case: Case, lines: Sequence[Line], parts: Sequence[Part]) -> Iterator[str]:
    if not _has_one_notion(case):
        return
    if case.policy != "fewest" or not case.pythons:
        yield from _raisable(case, lines, parts)
    yield from _not_newest(case, lines, parts)


def _has_one_notion(case: Case) -> bool:
    """Whether all releases are final, public, in good standing, and on an index."""
    releases = [(version, each) for own in case.world.packages.values() for version, each in own.items()]
    return not case.world.directs and not any(
        is_pre_release(version) or "+" in version or each.yanked is not None for version, each in releases
    )


def _raisable(case: Case, lines: Sequence[Line], parts: Sequence[Part]) -> Iterator[str]:
    found: list[list[dict[str, str]]] = []
    for part in parts:
        every = list(islice(choices(part.universe), MOST_CHOICES + 1))
        if len(every) > MOST_CHOICES:
            return
        found.append(every)
    for raised in raises(case, lines):
        concerned = [(part, every) for part, every in zip(parts, found, strict=True) if raised.keys() & set(part.lines)]
        if concerned and all(_has_raised(part, every, lines, raised) for part, every in concerned):
            texts = [f"{lines[i].name} {choice_of(lines[i])} -> {version}" for i, version in raised.items()]
            yield f"newer versions fit wherever the lines hold: {', '.join(texts)}"
            return


def raises(case: Case, lines: Sequence[Line]) -> Iterator[dict[int, str]]:
    """Ways to give some lines newer versions, by number of the line; of many ways those that raise one or two."""
    newer = [_newer(case, line) for line in lines]
    total = 1
    for each in newer:
        total *= len(each) + 1
    sizes = range(1, len(lines) + 1) if total <= MOST_RAISES else (1, 2)
    for size in sizes:
        for numbers in combinations([i for i, each in enumerate(newer) if each], size):
            for versions in product(*(newer[i] for i in numbers)):
                yield dict(zip(numbers, versions, strict=True))


def _newer(case: Case, line: Line) -> list[str]:
    own = case.world.packages.get(line.name, {})
    return sorted(version for version in own if Version(version) > Version(choice_of(line)))


def _has_raised(
    part: Part, every: Sequence[Mapping[str, str]], lines: Sequence[Line], raised: Mapping[int, str]
) -> bool:
    wanted = {lines[i].name: raised.get(i, choice_of(lines[i])) for i in part.lines}
    return any(all(each.get(name, version) == version for name, version in wanted.items()) for each in every)


def _not_newest(case: Case, lines: Sequence[Line], parts: Sequence[Part]) -> Iterator[str]:
    newest = [_newest_of_all(part.universe) for part in parts]
    if any(each is None for each in newest):
        return
    by_name: dict[str, set[str]] = {}
    for each in newest:
        for name, version in (each or {}).items():
            by_name.setdefault(name, set()).add(version)
    if case.policy == "fewest" and any(len(versions) > 1 for versions in by_name.values()):
        return
    for part, each in zip(parts, newest, strict=True):
        locked = {lines[i].name: choice_of(lines[i]) for i in part.lines}
        if locked != each:
            yield f"{locked}, where everything can be newest: {each}, where {describe(part.example, case.markers)}"


def _newest_of_all(universe: Universe) -> dict[str, str] | None:
    """The newest usable release of all that is needed, if that is a solution."""
    chosen: dict[str, str] = {}
    while True:
        asked = demands(universe, chosen)
        missing = [name for name in asked if name not in chosen]
        if not missing:
            return chosen if all(is_admitted(universe, *item, asked[item[0]]) for item in chosen.items()) else None
        for name in missing:
            if not universe.releases.get(name):
                return None
            chosen[name] = next(iter(universe.releases[name]))
