"""Options about targets become fields of a request, and stand in the header where they were typed."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli

LINUX = 'sys_platform == "linux"'


def test_one_target(cli: Cli) -> None:
    request = cli.request(
        *("--python-version=3.11", "--platform=linux", "--platform", "manylinux_2_17_x86_64", "--implementation=cp"),
        *("--abi=cp311", "--abi", "abi3"),
    )
    assert request.target_overrides == (
        ("python_version", "3.11"),
        ("implementation", "cp"),
        ("platform", "linux"),
        ("platform", "manylinux_2_17_x86_64"),
        ("abi", "cp311"),
        ("abi", "abi3"),
    )
    assert request.header_command == (
        "pip-compile --abi=abi3 --abi=cp311 --implementation=cp --platform=linux --platform=manylinux_2_17_x86_64 "
        "--python-version=3.11"
    )
    assert not request.universal


def test_pip_args_fill_in_what_the_options_leave_open(cli: Cli) -> None:
    request = cli.request("--platform=linux", "--pip-args", "--platform win_amd64 --python-version 3.9")
    assert request.target_overrides == (("platform", "linux"), ("python_version", "3.9"))


@pytest.mark.parametrize(
    ("text", "expected"), [(">=3.10", ">=3.10"), ("3.10", ">=3.10"), ("310", ">=3.10"), (">=3.9, <3.13", "<3.13,>=3.9")]
)
def test_a_universal_range(cli: Cli, text: str, expected: str) -> None:
    request = cli.request("--universal", f"--python-version={text}")
    assert (request.universal, request.python_range, request.target_overrides) == (True, expected, ())


def test_all_targets(cli: Cli) -> None:
    request = cli.request(
        *("--universal", "--environment", LINUX, "--environment", 'os_name == "nt"'),
        *("--required-environment", LINUX, "--fork-strategy=fewest"),
    )
    assert request.environments == (LINUX, 'os_name == "nt"')
    assert request.required_environments == (LINUX,)
    assert request.fork_strategy == "fewest"
    assert request.header_command == (
        "pip-compile --environment='os_name == \"nt\"' --environment='sys_platform == \"linux\"' "
        "--fork-strategy=fewest --required-environment='sys_platform == \"linux\"' --universal"
    )


def test_several_targets(cli: Cli) -> None:
    request = cli.request("--target=python3.12-linux", "--target", "python3.12-windows")
    assert request.targets == ("python3.12-linux", "python3.12-windows")
    assert request.header_command == "pip-compile --target=python3.12-linux --target=python3.12-windows"


def test_nothing_about_targets_is_for_the_host(cli: Cli) -> None:
    request = cli.request()
    assert request.is_for_host
    assert not request.speaks_of_targets


def test_the_configuration_file_has_them_too_and_they_stay_out_of_the_header(cli: Cli) -> None:
    cli.write(
        ".pip-tools.toml",
        f"""[tool.pip-tools]
universal = true
python-version = ">=3.10"
environment = ['{LINUX}']
required-environment = ['{LINUX}']
fork-strategy = "fewest"
""",
    )
    request = cli.request()
    assert (request.universal, request.python_range, request.fork_strategy) == (True, ">=3.10", "fewest")
    assert (request.environments, request.required_environments) == ((LINUX,), (LINUX,))
    assert request.header_command == "pip-compile"


TABLE = """[tool.pip-tools.targets]
ci = {python = "3.11", platform = "linux-x86_64"}
mac = "python3.12-macos"
"""


@pytest.mark.parametrize("name", [".pip-tools.toml", "pyproject.toml"])
def test_the_configuration_file_defines_targets(cli: Cli, name: str) -> None:
    cli.write(name, TABLE)
    request = cli.request("--target=mac")
    assert request.target_table == (
        ("ci", (("python_version", "3.11"), ("platform", "linux-x86_64"))),
        ("mac", (("python_version", "3.12"), ("implementation", "cp"), ("platform", "macos"))),
    )
    assert request.header_command == "pip-compile --target=mac"
    assert cli.request().target_table == ()
    assert cli.request("--no-config", "--target=mac").target_table == ()


def test_the_configuration_file_may_choose_them(cli: Cli) -> None:
    cli.write(".pip-tools.toml", f'[tool.pip-tools.compile]\ntarget = ["ci", "mac"]\n{TABLE}')
    request = cli.request()
    assert request.targets == ("ci", "mac")
    assert request.header_command == "pip-compile"


def test_a_wrong_table_is_refused(cli: Cli) -> None:
    cli.write(".pip-tools.toml", '[tool.pip-tools]\ntargets = ["ci"]\n')
    result = cli.run()
    assert result.exit_code == 2
    assert ".pip-tools.toml: [tool.pip-tools.targets] must be a table" in result.stderr
    cli.write(".pip-tools.toml", '[tool.pip-tools.targets]\nci = "linux"\n')
    assert ".pip-tools.toml: target 'ci': 'linux' is no target" in cli.run("--target=ci").stderr


def test_a_range_without_universal_is_refused_where_the_target_is_made(cli: Cli) -> None:
    assert cli.request("--python-version=>=3.10").target_overrides == (("python_version", ">=3.10"),)


def test_a_range_that_is_none(cli: Cli) -> None:
    assert "'3.x' is not a version of Python" in cli.complaint("--universal", "--python-version=3.x")
    assert "is no range of Pythons" in cli.complaint("--universal", "--python-version=>=x")


@pytest.mark.parametrize("line", ["python-version = 3.10", "python = 3.10", "platform = [3.1]"])
def test_a_version_without_quotes_would_be_another(cli: Cli, line: str) -> None:
    cli.write(".pip-tools.toml", f"[tool.pip-tools]\n{line}\n")
    result = cli.run()
    assert result.exit_code == 2
    assert "a text in quotes is wanted, for 3.10 without them is 3.1" in result.stderr
