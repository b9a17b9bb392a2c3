"""Where the configuration file is found, and what its keys do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from piptools_clone.cli.arguments.config_file import find_config
from tests.cli.conftest import Cli

STRIP = "[tool.pip-tools]\nstrip-extras = true\n"
HASHES = "[tool.pip-tools]\ngenerate-hashes = true\n"
UNRELATED = "[project]\nname = 'p'\n"


def found(*sources: str) -> str | None:
    answer = find_config(sources)
    return answer[0] if answer else None


def test_own_file_goes_before_pyproject(cli: Cli) -> None:
    cli.write("pyproject.toml", STRIP)
    assert found("requirements.in") == "pyproject.toml"
    cli.write(".pip-tools.toml", HASHES)
    assert found("requirements.in") == ".pip-tools.toml"


def test_pyproject_without_the_table_does_not_count(cli: Cli) -> None:
    cli.write("sub/pyproject.toml", UNRELATED)
    cli.write("pyproject.toml", STRIP)
    assert found("sub/dev.in") == "pyproject.toml"


def test_the_folder_of_the_input_goes_before_the_working_folder(cli: Cli) -> None:
    cli.write(".pip-tools.toml", STRIP)
    cli.write("sub/.pip-tools.toml", HASHES)
    assert found("sub/dev.in") == "sub/.pip-tools.toml"
    assert found("requirements.in") == ".pip-tools.toml"
    assert found("-") == ".pip-tools.toml"
    assert found() == ".pip-tools.toml"


def test_upward_from_a_sub_folder(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("pyproject.toml", STRIP)
    (cli.folder / "a/b").mkdir(parents=True)
    monkeypatch.chdir(cli.folder / "a/b")
    assert found() == "../../pyproject.toml"


def test_an_input_elsewhere_falls_back_to_the_working_folder(cli: Cli, tmp_path: Path) -> None:
    """As with pip-tools, which looks nowhere else."""
    cli.write(".pip-tools.toml", STRIP)
    other = tmp_path / "other"
    other.mkdir()
    assert found(str(other / "x.in")) == ".pip-tools.toml"


def test_the_way_up_ends_at_the_root_of_the_repository(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".pip-tools.toml").write_text(STRIP)
    assert found("requirements.in") == "../.pip-tools.toml"
    (cli.folder / ".git").mkdir()
    assert found("requirements.in") is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_of_another_user_on_the_way_up_is_passed_over(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".pip-tools.toml").write_text(STRIP)
    os.chown(tmp_path, 12345, 12345)
    assert found("requirements.in") is None


def test_values_are_defaults_under_environment_and_command_line(cli: Cli) -> None:
    cli.write(".pip-tools.toml", "[tool.pip-tools]\ncache-dir = 'c'\nfind-links = ['w']\nquiet = 1\n")
    request = cli.request()
    assert (request.cache_dir, request.options.find_links) == ("c", ("w",))
    assert request.header_command == "pip-compile --find-links=w"
    assert cli.request(env={"PIP_TOOLS_CACHE_DIR": "e"}).cache_dir == "e"
    assert cli.request("-f", "v").options.find_links == ("v",)  # replaced, not extended


def test_tables_of_the_commands(cli: Cli) -> None:
    cli.write(
        ".pip-tools.toml",
        "[tool.pip-tools]\nannotate = false\nstrip-extras = false\n"
        "[tool.pip-tools.compile]\nstrip-extras = true\n[tool.pip-tools.sync]\nnonsense = 3\n",
    )
    request = cli.request()
    assert (request.annotate, request.strip_extras) == (False, True)


@pytest.mark.parametrize("key", ["find-links", "find_links", "--find-links", "FIND_LINKS", "'--Find_Links'"])
def test_spellings_of_a_key(cli: Cli, key: str) -> None:
    cli.write(".pip-tools.toml", f"[tool.pip-tools]\n{key} = ['w']\n")
    assert cli.request().options.find_links == ("w",)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("no-annotate = true", "annotate", False),
        ("no-annotate = false", "annotate", True),
        ("no_header = true", "header_command", None),
        ("extra = ['dev']", "extras", ("dev",)),
        ("extras = ['dev']", "extras", ("dev",)),
        ("pip-args = '--no-deps'", "no_deps", True),
        ("pip-args-str = '--no-deps'", "no_deps", True),
        ("build-deps-for = ['wheel']", "build_deps_for", ("wheel",)),
        ("src-files = ['setup.py']", "sources", ("setup.py",)),
    ],
)
def test_keys(cli: Cli, line: str, field: str, value: object) -> None:
    cli.write("setup.py")
    cli.write(
        ".pip-tools.toml",
        f"[tool.pip-tools]\nsrc-files = ['setup.py']\n{line}\n".replace(
            "src-files = ['setup.py']\nsrc-files", "src-files"
        ),
    )
    assert getattr(cli.request(), field) == value


def test_no_index_is_not_the_opposite_of_anything(cli: Cli) -> None:
    cli.write(".pip-tools.toml", "[tool.pip-tools]\nno-index = true\nno-binary = ['a']\n")
    options = cli.request().options
    assert (options.no_index, options.format_control) == (True, (("no_binary", "a"),))


def test_src_files(cli: Cli) -> None:
    cli.write("a.in")
    cli.write(".pip-tools.toml", "[tool.pip-tools]\nsrc-files = ['a.in']\n")
    assert cli.request().sources == ("a.in",)
    assert cli.header() == "pip-compile a.in"
    assert cli.request("requirements.in").sources == ("requirements.in",)


def test_paths_of_a_file_found_elsewhere_are_relative_to_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write(
        ".pip-tools.toml",
        "[tool.pip-tools]\nconstraint = ['c.txt', '/abs.txt']\nfind-links = ['wheels', 'https://idx.example/w']\n",
    )
    (cli.folder / "sub").mkdir()
    monkeypatch.chdir(cli.folder / "sub")
    request = cli.request("../requirements.in")
    assert request.constraints == ("../c.txt", "/abs.txt")
    assert request.options.find_links == ("../wheels", "https://idx.example/w")
    monkeypatch.chdir(cli.folder)
    assert cli.request().constraints == ("c.txt", "/abs.txt")


def test_paths_of_a_file_that_was_named_are_relative_to_the_working_folder(cli: Cli) -> None:
    """As with pip-tools."""
    cli.write("d/c.toml", "[tool.pip-tools]\nconstraint = ['c.txt']\n")
    assert cli.request("--config", "d/c.toml").constraints == ("c.txt",)


@pytest.mark.parametrize("args", [("--config", "c.toml", "--no-config"), ("--no-config", "--config", "c.toml")])
def test_no_config_beats_config_in_any_order(cli: Cli, args: tuple[str, ...]) -> None:
    cli.write("c.toml", HASHES)
    assert not cli.request(*args).generate_hashes


@pytest.mark.parametrize("args", [("--config", "c.toml", "requirements.in"), ("requirements.in", "--config=c.toml")])
def test_config_in_any_order(cli: Cli, args: tuple[str, ...]) -> None:
    cli.write("c.toml", HASHES)
    cli.write(".pip-tools.toml", STRIP)
    request = cli.request(*args)
    assert (request.generate_hashes, request.strip_extras) == (True, False)


def test_config_that_is_not_there(cli: Cli) -> None:
    assert cli.complaint("--config", "no.toml") == (
        "Error: Invalid value for '--config': File 'no.toml' does not exist."
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            "anotate = true",
            "Error: No such config key 'anotate'. (Did you mean one of: 'annotate', 'annotation_style'?)",
        ),
        (
            "find-links = 'x'",
            "Error: Invalid value for config key 'find_links': 'x'.\nDetails: Value must be an iterable.",
        ),
        pytest.param(
            "dry-run = ['a']",
            "Error: Invalid value for config key 'dry_run': ['a'].\nDetails: 'list' object has no attribute 'strip'",
            marks=pytest.mark.newest,
        ),
        (
            "max-rounds = 'x'",
            "Error: Invalid value for config key 'max_rounds': 'x'.\nDetails: 'x' is not a valid integer.",
        ),
        pytest.param(
            "newline = 'no'",
            "Error: Invalid value for config key 'newline': 'no'.\n"
            "Details: 'no' is not one of 'lf', 'crlf', 'native', 'preserve'.",
            marks=pytest.mark.newest,
        ),
    ],
)
def test_keys_and_values_that_make_no_sense(cli: Cli, line: str, complaint: str) -> None:
    """In the words of pip-tools, and then where that is written."""
    cli.write(".pip-tools.toml", f"[tool.pip-tools]\n{line}\n")
    result = cli.run()
    assert result.exit_code == 2
    place = f"It is {line.partition(' ')[0]!r} in .pip-tools.toml, [tool.pip-tools]."
    assert result.stderr == f"Usage: pip-compile [OPTIONS] [SRC_FILES]...\n\n{complaint}\n{place}\n"


def test_keys_of_the_other_command(cli: Cli) -> None:
    """The common table is for both commands: a key of the other one is checked, and has no effect."""
    cli.write(".pip-tools.toml", "[tool.pip-tools]\nlink-mode = 'copy'\nno-strict = true\nuser = true\n")
    assert cli.header() == "pip-compile"
    cli.write(".pip-tools.toml", "[tool.pip-tools]\nlink-mode = 'no'\n")
    assert "Invalid value for config key 'link_mode': 'no'." in cli.run().stderr


def test_a_short_name_is_no_key(cli: Cli) -> None:
    cli.write(".pip-tools.toml", "[tool.pip-tools]\nn = true\n")
    assert "Error: No such config key 'n'." in cli.run().stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"[", "Could not open file '.pip-tools.toml': Could not parse '.pip-tools.toml': "),
        (b"\xff", "Could not open file '.pip-tools.toml': Could not parse '.pip-tools.toml': "),
        (b"[tool]\npip-tools = 3", ".pip-tools.toml: [tool.pip-tools] must be a table"),
        (b"[tool.pip-tools]\ncompile = 3", ".pip-tools.toml: [tool.pip-tools.compile] must be a table"),
    ],
)
def test_files_that_make_no_sense(cli: Cli, text: bytes, expected: str) -> None:
    (cli.folder / ".pip-tools.toml").write_bytes(text)
    result = cli.run()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"ERROR: {expected}")


def test_help_and_version_do_not_need_a_sound_file(cli: Cli) -> None:
    cli.write(".pip-tools.toml", "[")
    assert cli.run("--help").exit_code == 0
    assert cli.run("--version").stdout.startswith("pip-compile, version ")


def test_verbose_names_the_file(cli: Cli) -> None:
    cli.write(".pip-tools.toml", STRIP)
    assert "Using pip-tools configuration defaults found in '.pip-tools.toml'." in cli.run("-v").stderr
    assert "configuration" not in cli.run().stderr
