"""What is seen of a plain command line without click is what click comes to, or nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piptools_clone.cli.compile_options import PARAMETERS
from piptools_clone.cli.plain_arguments import (
    FLAGS,
    INDEX_FLAGS,
    INDEX_VALUES,
    LISTS,
    OF_NO_MATTER,
    VALUES,
    plain_request,
)
from tests.cli.conftest import Cli

TEXTS = {
    "--annotation-style": "line",
    "--newline": "CRLF",
    "--index-strategy": "first-index",
    "-c": "c.txt",
    "--constraint": "c.txt",
    "--uploaded-prior-to": "P1D",
    "--only-binary": ":all:",
    "--no-binary": "foo",
}
ALONE = sorted({*FLAGS, *INDEX_FLAGS, *OF_NO_MATTER})
WITH_VALUE = sorted({*VALUES, *INDEX_VALUES, *LISTS})


def spelled(option: str, joined: bool) -> list[str]:
    value = TEXTS.get(option, "x")
    return [f"{option}={value}"] if joined and option.startswith("--") else [option, value]


one_option = st.sampled_from(ALONE).map(lambda option: [option]) | st.builds(
    spelled, st.sampled_from(WITH_VALUE), st.booleans()
)


@pytest.mark.parametrize("option", [*ALONE, *WITH_VALUE])
def test_every_listed_option_is_one_of_the_command(option: str) -> None:
    owner = next(each for each in PARAMETERS if option in (*each.opts, *each.secondary_opts))
    assert getattr(owner, "is_flag", False) or getattr(owner, "count", False) or option in WITH_VALUE


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(one_option, max_size=6), st.booleans())
def test_what_is_seen_is_what_click_comes_to(cli: Cli, options: Sequence[Sequence[str]], named: bool) -> None:
    arguments = [*(each for option in options for each in option), *(["requirements.in"] if named else [])]
    seen = plain_request(arguments, os.environ)
    assert seen is not None
    assert seen == cli.request(*arguments)._replace(header_command=None)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pip-args", "--index-url http://other.example/simple"],
        ["--config", "other.toml"],
        ["--help"],
        ["--version"],
        ["-P", "a"],
        ["--python", "python3"],
        ["--unknown"],
        ["--index-url"],
        ["--index-url="],
        ["--index-url", "--pre"],
        ["-ix"],
        ["--no-index"],
        ["--find-links", "wheels"],
        ["--", "requirements.in"],
        ["-"],
    ],
)
def test_what_is_not_plain_gives_nothing(cli: Cli, arguments: list[str]) -> None:
    assert cli.folder
    assert plain_request(arguments, {}) is None


def test_no_input_gives_nothing(cli: Cli) -> None:
    (cli.folder / "requirements.in").unlink()
    assert plain_request([], {}) is None


@pytest.mark.parametrize("content", ["[tool.pip-tools]\nindex-url = 'http://other.example/'", "[tool.pip-tools"])
def test_a_configuration_file_gives_nothing(cli: Cli, content: str) -> None:
    (cli.folder / ".pip-tools.toml").write_text(content)
    assert plain_request([], {}) is None
    assert plain_request(["--no-config"], {}) is not None
