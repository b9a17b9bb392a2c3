"""Requests whose words about targets contradict one another are refused before anything is asked or written."""

from __future__ import annotations

from typing import Any

import pytest

from piptools_clone.errors import UsageError
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.run.target_choice import check_targets

LINUX = "sys_platform == 'linux'"


def request(**fields: Any) -> CompileRequest:
    return CompileRequest(("requirements.in",), "requirements.txt", **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"python": "3.12"},
        {"python": "3.12", "target_overrides": (("platform", "linux"),)},
        {"universal": True, "python_range": ">=3.10,<4", "fork_strategy": "fewest"},
        {"universal": True, "environments": (LINUX,), "required_environments": (LINUX, "os_name == 'nt'")},
        {"targets": ("python3.12-linux",)},
        {"targets": ("python3.12-linux", "python3.12-macos"), "fork_strategy": "fewest"},
    ],
)
def test_what_goes_together(fields: dict[str, Any]) -> None:
    check_targets(request(**fields))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"universal": True, "python": "3.12"}, "--universal and --python contradict each other"),
        ({"universal": True, "target_overrides": (("platform", "linux"),)}, "--universal and --platform contradict"),
        ({"universal": True, "targets": ("python3.12-linux",)}, "--universal and --target contradict"),
        ({"targets": ("python3.12-linux",), "python": "python3"}, "--target and --python contradict"),
        (
            {"targets": ("python3.12-linux",), "target_overrides": (("python_version", "3.11"),)},
            "--target and --python-version contradict",
        ),
        ({"environments": (LINUX,)}, "--environment goes with --universal"),
        ({"required_environments": (LINUX,)}, "--required-environment goes with --universal"),
        ({"python_range": ">=3.10"}, "a range of Pythons goes with --universal"),
        ({"fork_strategy": "fewest"}, "--fork-strategy goes with --universal"),
        ({"universal": True, "environments": ("linux",)}, "'linux' is no marker"),
        ({"universal": True, "environments": ("(" * 300,)}, "is no marker"),
        ({"universal": True, "required_environments": ("extra == 'dev'",)}, "asks for an extra"),
        ({"universal": True, "python_range": ">=x"}, "no range of Pythons"),
        ({"targets": ("ci", "python3.12-linux", "ci")}, "--target ci is given more than once"),
    ],
)
def test_what_contradicts_itself_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_targets(request(**fields))


def test_a_contradiction_names_the_way_out() -> None:
    with pytest.raises(UsageError) as caught:
        check_targets(request(universal=True, target_overrides=(("platform", "linux"),)))
    assert "--environment limits it to where a marker holds" in caught.value.hint
