"""The table of options is sound, complete, and the only list of options.

After a change of it, ``python -m tests.cli.test_option_table`` writes ``docs/options.md`` anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from piptools_clone.cli.arguments.click_options import TYPES, click_parameters
from piptools_clone.cli.arguments.compile_options import COMPILE
from piptools_clone.cli.arguments.option_reference import render_reference
from piptools_clone.cli.arguments.options import MARKS, CommandOptions, Option
from piptools_clone.cli.arguments.pip_args import OPTIONS as PIP_OPTIONS
from piptools_clone.cli.arguments.sync_options import SYNC
from piptools_clone.formats.requirements.file_options import split_line
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.settings.config_options import PipOption

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "piptools_clone"
PAGE = ROOT / "docs" / "options.md"
BOTH = (COMPILE, SYNC)
REQUESTS = {"pip-compile": CompileRequest, "pip-sync": SyncRequest}

BY_OTHER_WAYS = {
    *("help", "version", "color", "verbose", "quiet", "config", "no_config", "src_files", "pip_args_str"),
    *("header", "output_file", "resolver_name", "max_rounds", "unsafe_package"),
    *("build_deps_targets", "all_build_deps"),
    *("python_version", "platforms", "implementation", "abis"),
    *("ask", "check", "report", "requirement_files"),
}
"""Options that are no field of a request as they stand: they shape the report, or another field, or say something."""


EACH = [pytest.param(table, option, id=f"{table.command} {option.name}") for table in BOTH for option in table.options]


@pytest.mark.parametrize(("table", "option"), EACH)
def test_an_option_is_sound(table: CommandOptions, option: Option) -> None:
    assert option.marks <= MARKS.keys()
    assert option.kind in {"flag", "count", "value", "values", "argument"}
    assert option.type in {"text", *TYPES}
    assert not option.negative or option.kind == "flag"
    assert option.kind != "value" or option.default in (option.choices or (option.default,))
    assert option.help.isprintable() or "\n\n" in option.help


@pytest.mark.parametrize(("table", "option"), EACH)
def test_an_option_has_an_effect(table: CommandOptions, option: Option) -> None:
    """It fills a field of the request, or of its options about the index, or is known to have another effect."""
    if option.index_field:
        assert option.index_field in IndexOptions._fields
    else:
        fields = REQUESTS[table.command]._fields
        assert (option.field or option.name) in fields or (not option.field and option.name in BY_OTHER_WAYS)


@pytest.mark.parametrize("table", BOTH, ids=lambda table: table.command)
def test_no_word_means_two_things(table: CommandOptions) -> None:
    names = [name for option in table.options for name in (*option.names, option.negative) if name]
    assert len(names) == len(set(names))
    keys = [option.name for option in table.options]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("table", BOTH, ids=lambda table: table.command)
def test_defaults_are_those_of_the_request(table: CommandOptions) -> None:
    """A library that asks for nothing special asks for what the command does by default."""
    unset = {option.name: option.unset for option in table.options}
    request = REQUESTS[table.command]
    defaults = request._field_defaults | {"cache_dir": unset["cache_dir"], "strip_extras": unset.get("strip_extras")}
    for field, value in table.request_fields(unset, request._fields).items():
        assert value == defaults[field] or (value == () and defaults[field] == frozenset())
    assert table.index_options(unset) == IndexOptions()
    unsafe = next((option for option in table.options if option.name == "unsafe_package"), None)
    assert not unsafe or unsafe.help.endswith(", ".join(sorted(CompileRequest._field_defaults["unsafe_packages"])))


@pytest.mark.parametrize("table", BOTH, ids=lambda table: table.command)
def test_click_has_these_options_and_no_others(table: CommandOptions) -> None:
    for option, parameter in zip(table.options, click_parameters(table), strict=True):
        assert parameter.name == option.name
        if isinstance(parameter, click.Option):
            assert (*parameter.opts, *parameter.secondary_opts) == (*option.names, *filter(None, [option.negative]))
            assert parameter.is_flag == (option.kind == "flag")
            assert parameter.multiple == (option.kind == "values")
            assert parameter.envvar == (option.variable or None)


OWN = {name for table in BOTH for option in table.options for name in (*option.long_names, option.negative) if name}
OF_PIP = {name for option in PIP_OPTIONS for name in option.names}
TABLES = r"cli/arguments/(options|compile_options|sync_options|pip_args)\.py|settings/config_options\.py"
ELSEWHERE = {  # a file that holds lists of its own has a test of its own below
    r"build/\w+\.py": "command lines for pip",
    r"formats/requirements/\w+\.py": "the format of requirement files",
    r"formats/(locks|projects)/\w+\.py": "the text of locks, and messages",
    r"run/memo/\w+\.py": "what is read before the table is loaded",
    r"cli/cache_command\.py": "a command of its own",
    r"run/(old_scope|target_choice)\.py": "messages about what does not go together",
}
"""Where else options stand as words, and what for."""


def words_of(path: Path) -> set[str]:
    """The options that stand in a file as texts of their own, as in a list; not those within messages."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    texts = (value.removesuffix("=") for value in values if isinstance(value, str))
    return {text for text in texts if re.fullmatch(r"--[a-z][a-z-]+", text)}


def test_there_is_no_second_list() -> None:
    files = {path.relative_to(PACKAGE).as_posix(): words_of(path) & (OWN | OF_PIP) for path in PACKAGE.rglob("*.py")}
    known = "|".join([TABLES, *ELSEWHERE])
    assert {name: words for name, words in files.items() if len(words) > 1 and not re.fullmatch(known, name)} == {}


def test_a_second_list_would_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "second.py"
    path.write_text(
        '"""Not --this."""\nFLAGS = {"--upgrade": 1, **{"--cache-dir=": 2}}\nraise E("--pre is no option")\n'
    )
    assert words_of(path) == {"--upgrade", "--cache-dir"}


BEFORE = sorted([*(PACKAGE / "run" / "memo").glob("*.py"), PACKAGE / "store" / "cache.py"])


@pytest.mark.parametrize("path", BEFORE, ids=lambda path: path.name)
def test_what_is_read_before_the_table_is_loaded_is_in_it(path: Path) -> None:
    assert words_of(path) <= OWN


@pytest.mark.parametrize("option", PIP_OPTIONS, ids=lambda option: option.names[-1])
def test_requirement_files_read_an_option_as_pip_does(option: PipOption) -> None:
    """What may stand in a file takes a value where it does on pip's command line."""
    for name in words_of(PACKAGE / "formats/requirements/file_options.py").intersection(option.names):
        read = split_line(f"{name} value")
        assert [value for _, value in read.options] == ([""] if option.type == "switch" else ["value"])
        assert read.stray == (("value",) if option.type == "switch" else ())


def page() -> str:
    head = "# Options\n\nWritten by `python -m tests.cli.test_option_table`; a test holds it against the commands.\n"
    keys = (
        "\nEach option is a key of the configuration file too, with or without its dashes. A dash is as good as an "
        "underscore there.\n"
    )
    return head + keys + "".join(f"\n{render_reference(table)}" for table in BOTH)


def test_the_page_of_options_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
