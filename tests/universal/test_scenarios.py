"""Hand-written cases: the lock is the expected one, whatever the spelling of its markers, and all laws hold."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.universal import adapter
from tests.universal.adapter import Locked
from tests.universal.laws import broken_laws, lock_case
from tests.universal.oracle import choice_of, problems
from tests.universal.samples import Environment, environments, holds
from tests.universal.scenarios import SCENARIOS, Scenario
from tests.universal.shrink import reproduce
from tests.universal.truth import Case, parse

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name.replace(" ", "-"))


def case_of(scenario: Scenario) -> Case:
    return reproduce(
        scenario.packages,
        directs=scenario.directs,
        roots=scenario.roots,
        constraints=scenario.constraints,
        python=scenario.python,
        policy=scenario.policy,
    )


def where(lines: Iterable[str], sampled: Iterable[Environment]) -> dict[str, list[int]]:
    """The pins of some lines, each with the numbers of the environments where it holds."""
    read = [parse(line) for line in lines]
    numbered = list(enumerate(sampled))
    return {f"{line.name} {choice_of(line)}": [i for i, each in numbered if holds(line.marker, each)] for line in read}


def refused_in(markers: Iterable[str], sampled: Iterable[Environment]) -> list[int]:
    return [i for i, each in enumerate(sampled) if any(holds(marker, each) for marker in markers)]


@each_scenario
def test_scenario(scenario: Scenario) -> None:
    if missing := scenario.needs - adapter.FEATURES:
        pytest.skip(f"the resolver at hand knows no {', '.join(missing)}")
    case = case_of(scenario)
    answer = lock_case(case)
    expected = [scenario.refused] if scenario.refused is not None else [parse(line).marker for line in scenario.locked]
    given = [parse(line).marker for line in answer.lines] if isinstance(answer, Locked) else answer.marker_texts
    sampled = environments([*case.markers, *expected, *given], case.python, case.pythons)
    if scenario.refused is None:
        assert isinstance(answer, Locked)
        assert where(answer.lines, sampled) == where(scenario.locked, sampled)
    else:
        assert not isinstance(answer, Locked)
        assert refused_in(answer.marker_texts, sampled) == refused_in([scenario.refused], sampled)
    assert broken_laws(case) == []


@each_scenario
def test_the_oracle_agrees(scenario: Scenario) -> None:
    """What is expected is right by exhaustive search, whatever a resolver says."""
    answer = Locked(scenario.locked) if scenario.refused is None else adapter.Refused((scenario.refused,), "")
    assert problems(case_of(scenario), answer) == []


def test_names_are_unique() -> None:
    assert len({each.name for each in SCENARIOS}) == len(SCENARIOS)
