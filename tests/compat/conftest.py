"""The cases run with our commands: ``same`` runs one and compares it with its expectation."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.compat.case import Case, Outcome, Sandbox
from tests.compat.local_index import write_folder
from tests.compat.tables import CASES, expectation

TEST_NAME = re.compile(r"test_case_(\w\d\d)")
Same = Callable[[], Outcome]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test named for a case number runs once for each case of that number, unless it says for which."""
    match = TEST_NAME.match(metafunc.function.__name__)
    chosen = any(metafunc.definition.iter_markers("parametrize"))
    if match and not chosen and "case" in metafunc.fixturenames:
        cases = [case for case in CASES if case.number == match[1]]
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder index LW."""
    folder = tmp_path_factory.mktemp("index") / "LW"
    write_folder(folder)
    return folder


@pytest.fixture
def sandbox(case: Case, tmp_path: Path, wheels: Path) -> Iterator[Sandbox]:
    """The folder of the case that the test is about."""
    with Sandbox(case, tmp_path, wheels) as made:
        yield made


def our_command(name: str) -> Path:
    """A command of ours, as it is installed."""
    return Path(sys.executable).with_name(f"pip-{name}")


@pytest.fixture
def run(sandbox: Sandbox) -> Callable[..., Outcome]:
    """Run our command for the case, with its arguments or with others."""

    def run(*argv: str) -> Outcome:
        outcome = sandbox.run(our_command(sandbox.case.command), *argv)
        assert "Traceback" not in outcome.err, outcome.err
        return outcome

    return run


@pytest.fixture
def same(case: Case, run: Callable[..., Outcome]) -> Same:
    """Run our command for the case, compare what came of it with the expectation, and return it."""

    def same() -> Outcome:
        outcome = run()
        recorded = expectation(case)
        expected = case.expected or recorded.read_text(encoding="utf-8")
        assert outcome.text() == expected, f"with this on the error stream:\n{outcome.err}"
        if case.stderr:
            compare_errors(case, outcome.err, recorded.with_suffix(".err").read_text(encoding="utf-8"))
        return outcome

    return same


def compare_errors(case: Case, ours: str, theirs: str) -> None:
    """Hold our error stream against the recorded one, in the way the case asks for."""
    if case.stderr == "whole":
        assert ours == theirs
        return
    rest = iter(ours.splitlines())
    # Ours may say more on a line.  Each search goes on where the last one ended.
    missing = [line for line in theirs.splitlines() if not any(line in other for other in rest)]
    assert not missing, f"not said, or not in this order: {missing}\n{ours}"
