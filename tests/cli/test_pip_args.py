"""``--pip-args``: pip's grammar, and for every option of pip a meaning or a refusal."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from piptools_clone.cli.arguments.pip_args import (
    HARMLESS,
    NOT_TO_INSTALL,
    OBSOLETE,
    OPTIONS,
    POINTLESS,
    REFUSED,
    PipArgs,
    merge_options,
    parse_pip_args,
)
from piptools_clone.errors import UsageError
from piptools_clone.model.index_options import IndexOptions


@pytest.mark.parametrize("text", [None, "", "  "])
def test_nothing(text: str | None) -> None:
    assert parse_pip_args(text) == PipArgs()


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("-i http://a", IndexOptions(index_url="http://a")),
        ("-ihttp://a", IndexOptions(index_url="http://a")),
        ("--index-url=http://a", IndexOptions(index_url="http://a")),
        ("--index-u http://a", IndexOptions(index_url="http://a")),
        ("--pypi-url http://a --index-url http://b", IndexOptions(index_url="http://b")),
        ("--extra-index-url a --extra-index-url b", IndexOptions(extra_index_urls=("a", "b"))),
        ("--no-index -f a --find-links 'b c'", IndexOptions(no_index=True, find_links=("a", "b c"))),
        ("--trusted-host a:80", IndexOptions(trusted_hosts=("a:80",))),
        (
            "--only-binary :all: --no-binary a,b --only-binary b",
            IndexOptions(format_control=(("only_binary", ":all:"), ("no_binary", "a,b"), ("only_binary", "b"))),
        ),
        ("--all-releases a", IndexOptions(release_control=(("all_releases", "a"),))),
        ("--prefer-binary --pre --no-proxy-env", IndexOptions(prefer_binary=True, pre=True, no_proxy_env=True)),
        ("--require-hashes", IndexOptions(require_hashes=True)),
        ("--require-hashes --no-require-hashes", IndexOptions(require_hashes=False)),
        ("--cert /c --client-cert /k --proxy http://p", IndexOptions(cert="/c", client_cert="/k", proxy="http://p")),
        ("--timeout 2.5 --retries 7", IndexOptions(timeout=2.5, retries=7)),
        ("--uploaded-prior-to 2026-01-01", IndexOptions(uploaded_prior_to="2026-01-01")),
        ("--keyring-provider disabled", IndexOptions(keyring_provider="disabled")),
        ("-C a=b --config-settings=c=d", IndexOptions(config_settings=("a=b", "c=d"))),
        ("--ignore-requires-python", IndexOptions(ignore_requires_python=True)),
        ("--use-feature truststore --use-feature fast-deps", IndexOptions(use_feature=("truststore", "fast-deps"))),
    ],
)
def test_about_the_index(text: str, options: IndexOptions) -> None:
    assert parse_pip_args(text) == PipArgs(options)


def test_about_the_run() -> None:
    assert parse_pip_args(
        "-c a --constraint b --cache-dir /c --no-build-isolation --no-deps --isolated --python /p "
        "--python-version 3.9 --platform x --platform y --implementation pp --abi z"
    ) == PipArgs(
        constraints=("a", "b"),
        cache_dir="/c",
        build_isolation=False,
        no_deps=True,
        isolated=True,
        python="/p",
        target_overrides=(
            ("python_version", "3.9"),
            ("platform", "x"),
            ("platform", "y"),
            ("implementation", "pp"),
            ("abi", "z"),
        ),
    )


def test_about_installing() -> None:
    args = "--user --no-deps --compile --force-reinstall --break-system-packages --require-virtualenv --prefix /p -t /t"
    expected = PipArgs(
        no_deps=True,
        user=True,
        target="/t",
        prefix="/p",
        compile_bytecode=True,
        force_reinstall=True,
        break_system_packages=True,
        require_virtualenv=True,
    )
    assert parse_pip_args(args, installs=True) == parse_pip_args(args) == expected


@pytest.mark.parametrize("text", ["--root /r", "--dry-run", "-c c.txt", "-C a=b", "--platform x", "--src s"])
def test_without_effect_where_nothing_is_installed(text: str) -> None:
    parse_pip_args(text)
    with pytest.raises(UsageError, match=re.escape(f"--pip-args: {text.split()[0]} cannot be honoured: ")):
        parse_pip_args(text, installs=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--wat", "--pip-args: no such option: --wat"),
        ("--retries", "--pip-args: --retries option requires 1 argument"),
        ("--retries x", "--pip-args: option --retries: 'x' is no number"),
        ("--no-b x", "--pip-args: ambiguous option: --no-b (--no-binary, --no-build-isolation?)"),
        ("foo", "--pip-args: 'foo' is no option: requirements belong into an input file"),
        ("'", "--pip-args cannot be split into options: No closing quotation"),
        ("--use-feature no", "--pip-args: option --use-feature: 'no' is not a known feature"),
        ("--keyring-provider x", "--pip-args: option --keyring-provider: 'x' is not one of "),
        ("-r x.txt", "--pip-args: -r cannot be honoured: "),
        ("-C x", "--pip-args: option -C: 'x' is not of the form KEY=VALUE"),
    ],
)
def test_refusals_name_the_option(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_pip_args(text)


def test_options_without_effect_are_warned_of() -> None:
    parsed = parse_pip_args("--log a --use-deprecated=legacy-resolver --retries 3 --log b", installs=True)
    assert parsed.options == IndexOptions(retries=3)
    assert parsed.warnings == (
        "--pip-args: --log has no effect: no log file is written; -v says more on stderr",
        "--pip-args: --use-deprecated has no effect: there is one resolver, and one way to check certificates",
    )


def test_obsolete_options_are_dropped_with_a_warning() -> None:
    parsed = parse_pip_args("--use-pep517 --global-option=x --retries 3")
    assert parsed.options == IndexOptions(retries=3)
    assert [
        warning.partition(" is no longer supported by pip and is deprecated in pip-tools. ")[0]
        for warning in parsed.warnings
    ] == [
        "--use-pep517",
        "--global-option",
    ]


def test_every_option_has_a_meaning() -> None:
    """Each fills a field, or a table says why it has no effect or cannot be honoured."""
    explained = {*HARMLESS, *REFUSED, *NOT_TO_INSTALL, *OBSOLETE, *POINTLESS}
    for option in OPTIONS:
        assert option.field in {*PipArgs._fields, *IndexOptions._fields} or (not option.field and option in explained)


def test_no_name_is_of_two_options() -> None:
    names = [name for option in OPTIONS for name in option.names]
    assert len(names) == len(set(names))


def test_every_option_of_the_installed_pip_is_known() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = set(re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", shown, re.MULTILINE)) - {"--help", "--version"}
    assert len(options) > 50
    assert options - {name for option in OPTIONS for name in option.names} == set()


def test_merge_chains_lists_and_lets_the_second_win() -> None:
    first = IndexOptions(index_url="a", find_links=("a",), pre=True)
    second = IndexOptions(index_url="b", find_links=("b",))
    assert merge_options(first, second) == IndexOptions(index_url="b", find_links=("a", "b"), pre=True)
