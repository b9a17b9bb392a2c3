"""From the command line to what is asked for."""

from __future__ import annotations

import pytest

from piptools_clone.cli.arguments.options import default_cache_dir
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.store.cache import cache_folder
from tests.cli.conftest import Cli


def test_no_arguments_ask_for_the_defaults(cli: Cli) -> None:
    assert cli.request() == CompileRequest(
        ("requirements.in",), "requirements.txt", header_command="pip-compile", cache_dir=default_cache_dir()
    )


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-n"], {"dry_run": True}),
        (["--all-extras"], {"all_extras": True}),
        (["--extra", "a,b", "--extra", "c", "pyproject.toml"], {"extras": ("a", "b", "c")}),
        (["-c", "c.txt", "--constraint=d.txt"], {"constraints": ("c.txt", "d.txt")}),
        (["--no-header"], {"header_command": None}),
        (["--no-annotate"], {"annotate": False}),
        (["--annotation-style=line"], {"annotation_style": "line"}),
        (["-U"], {"upgrade": True}),
        (["-P", "alpha", "-P", "beta<2"], {"upgrade_packages": ("alpha", "beta<2")}),
        (["-o", "x.txt"], {"output": "x.txt"}),
        (["--newline", "CRLF"], {"newline": "CRLF"}),
        (["--newline", "lf"], {"newline": "LF"}),
        (["--allow-unsafe"], {"allow_unsafe": True}),
        (["--unsafe-package", "Foo_Bar"], {"unsafe_packages": frozenset({"foo-bar"})}),
        (["--strip-extras"], {"strip_extras": True}),
        (["--no-strip-extras"], {"strip_extras": False}),
        (["--generate-hashes"], {"generate_hashes": True}),
        (["--no-reuse-hashes"], {"reuse_hashes": False}),
        (["--no-build-isolation"], {"build_isolation": False}),
        (["--no-emit-index-url"], {"emit_index_url": False}),
        (["--no-emit-find-links"], {"emit_find_links": False}),
        (["--no-emit-trusted-host"], {"emit_trusted_host": False}),
        (["--no-emit-options"], {"emit_options": False}),
        (["--no-emit-ambient-options"], {"ambient_options": False}),
        (["--cache-dir", "cache"], {"cache_dir": "cache"}),
        (["--build-deps-for=wheel", "pyproject.toml"], {"build_deps_for": ("wheel",)}),
        (["--all-build-deps", "pyproject.toml"], {"build_deps_for": ("editable", "sdist", "wheel")}),
        (["--all-build-deps", "--only-build-deps", "pyproject.toml"], {"only_build_deps": True}),
        (["--check"], {"check": True}),
        (["--offline"], {"offline": True}),
        (["--pin-vcs"], {"pin_vcs": True}),
        (["--python", "/usr/bin/python3"], {"python": "/usr/bin/python3"}),
        (["--no-build"], {"no_build": True}),
        (["--index-strategy=first-index"], {"index_strategy": "first-index"}),
        (["--pip-args", "--no-cache-dir"], {"cache_dir": None}),
        (["--pip-args", "--cache-dir pip", "--cache-dir", "ours"], {"cache_dir": "pip"}),
        (["--pip-args", "-c more.txt", "-c", "c.txt"], {"constraints": ("c.txt", "more.txt")}),
        (["--pip-args", "--no-deps --isolated"], {"no_deps": True, "isolated": True}),
        (
            ["--pip-args", "--python-version 3.9 --abi x"],
            {"target_overrides": (("python_version", "3.9"), ("abi", "x"))},
        ),
        (["--pip-args", "--no-build-isolation"], {"build_isolation": False}),
    ],
)
def test_options(cli: Cli, args: list[str], expected: dict[str, object]) -> None:
    cli.write("pyproject.toml", "[project]\nname = 'p'\n")
    request = cli.request(*args)
    assert {name: getattr(request, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-i", "http://idx.example/s"], {"index_url": "http://idx.example/s"}),
        (["--extra-index-url", "a", "--extra-index-url", "b"], {"extra_index_urls": ("a", "b")}),
        (["--no-index", "-f", "w", "--find-links=v"], {"no_index": True, "find_links": ("w", "v")}),
        (["--trusted-host", "h"], {"trusted_hosts": ("h",)}),
        (["--cert", "c.pem", "--client-cert", "k.pem"], {"cert": "c.pem", "client_cert": "k.pem"}),
        (["-p"], {"pre": True}),
        ([], {"pre": None, "no_index": None, "prefer_binary": None}),
        (["--prefer-binary"], {"prefer_binary": True}),
        (["--uploaded-prior-to", "P14D"], {"uploaded_prior_to": "P14D"}),
        (["--only-binary", ":all:"], {"format_control": (("only_binary", ":all:"),)}),
        (
            ["--no-binary", "foo", "--only-binary", ":all:"],
            {"format_control": (("only_binary", ":all:"), ("no_binary", "foo"))},
        ),
        (["-i", "a", "--pip-args", "-i b -f w", "-f", "v"], {"index_url": "b", "find_links": ("v", "w")}),
        (["--pip-args", "--retries 3 --timeout 4.5"], {"retries": 3, "timeout": 4.5}),
    ],
)
def test_index_options(cli: Cli, args: list[str], expected: dict[str, object]) -> None:
    options = cli.request(*args).options
    assert {name: getattr(options, name) for name in expected} == expected


@pytest.mark.parametrize("name", ["setup.py", "pyproject.toml", "setup.cfg"])
def test_default_source_is_the_first_that_is_there(cli: Cli, name: str) -> None:
    (cli.folder / "requirements.in").unlink()
    cli.write("setup.cfg")
    cli.write(name, "")
    assert cli.request().sources == (name,)
    assert cli.request().header_command == "pip-compile"


def test_no_source_at_all(cli: Cli) -> None:
    (cli.folder / "requirements.in").unlink()
    assert cli.complaint() == (
        "Error: Invalid value: If you do not specify an input file, the default is one of: "
        "requirements.in, setup.py, pyproject.toml, setup.cfg"
    )


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("dev.in", "dev.txt"),
        ("sub/dev.in", "sub/dev.txt"),
        ("requirements", "requirements.txt"),
        ("./requirements", "./requirements.txt"),
        ("a.b/requirements", "a.b/requirements.txt"),
        ("v1.2.in", "v1.2.txt"),
        ("sub/pyproject.toml", "sub/requirements.txt"),
        ("setup.py", "requirements.txt"),
    ],
)
def test_output_is_named_after_the_source(cli: Cli, source: str, output: str) -> None:
    cli.write(source, "")
    assert cli.request(source).output == output


def test_output_must_be_named_for_stdin_and_for_several_sources(cli: Cli) -> None:
    cli.write("b.in")
    assert cli.complaint("-") == "Error: Invalid value: --output-file is required if input is from stdin"
    assert cli.complaint("requirements.in", "b.in") == (
        "Error: Invalid value: --output-file is required if two or more input files are given."
    )
    assert cli.request("requirements.in", "b.in", "-o", "-").sources == ("requirements.in", "b.in")


def test_project_file_first_needs_no_output_name(cli: Cli) -> None:
    cli.write("pyproject.toml", "")
    assert cli.request("pyproject.toml", "requirements.in").output == "requirements.txt"


def test_stdin_is_read_only_when_it_is_a_source(cli: Cli) -> None:
    assert cli.request("-", "-o", "-", stdin=b"alpha\r\n\xff").stdin == b"alpha\r\n\xff"
    assert cli.request(stdin=b"alpha").stdin == b""


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["--extra", "x"], "--extra has effect only with setup.py and PEP-517 input formats"),
        (["--extra", "x", "--all-extras", "setup.py"], "--extra has no effect when used with --all-extras"),
        (
            ["--build-deps-for", "wheel", "--all-build-deps", "setup.py"],
            "--build-deps-for has no effect when used with --all-build-deps",
        ),
        (
            ["--only-build-deps", "setup.py"],
            "--only-build-deps requires either --build-deps-for or --all-build-deps",
        ),
        (
            ["--only-build-deps", "--all-build-deps", "--extra", "x", "setup.py"],
            "--only-build-deps cannot be used with any of --extra, --all-extras",
        ),
        (
            ["--all-build-deps"],
            "--build-deps-for and --all-build-deps can be used only with the setup.py, setup.cfg and "
            "pyproject.toml specs.",
        ),
        (["--check", "-o", "-"], "--check compares with an output file, and --output-file=- is none"),
        (["--group", "dev"], "--output-file is required if only groups are given."),
    ],
)
def test_what_does_not_go_together(cli: Cli, args: list[str], complaint: str) -> None:
    cli.write("setup.py")
    assert cli.complaint(*args) == f"Error: Invalid value: {complaint}"


@pytest.mark.newest
def test_usage_errors_look_as_in_pip_tools(cli: Cli) -> None:
    assert cli.run("--xyzzy").stderr == (
        "Usage: pip-compile [OPTIONS] [SRC_FILES]...\n\nError: No such option '--xyzzy'.\n"
    )
    assert cli.complaint("nope.in") == "Error: Invalid value for '[SRC_FILES]...': Path 'nope.in' does not exist."
    assert cli.complaint("--resolver", "x") == (
        "Error: Invalid value for '--resolver': 'x' is not one of 'legacy', 'backtracking'."
    )


def test_a_folder_is_no_source(cli: Cli) -> None:
    cli.write("sub/x")
    assert cli.complaint("sub", "-o", "x") == "Error: Invalid value for '[SRC_FILES]...': Path 'sub' is a directory."


@pytest.mark.parametrize("args", [["a\nb.in"], ["-o", "x\x1b[31m.txt"], ["-c", "c\r.txt"]])
def test_file_names_cannot_inject(cli: Cli, args: list[str]) -> None:
    cli.write("a\nb.in")
    complaint = cli.complaint(*args)
    assert complaint.endswith("holds a control character, which could forge lines of the lock")
    assert complaint.isprintable()


@pytest.mark.parametrize(
    ("args", "groups"),
    [
        (["--group", "dev", "-o", "dev.txt"], ("pyproject.toml:dev",)),
        (["--group", "dev", "requirements.in"], ("pyproject.toml:dev",)),
        (["--group", "dev", "pyproject.toml"], ("dev",)),
        (["--group", "../x/pyproject.toml:dev", "pyproject.toml"], ("../x/pyproject.toml:dev",)),
    ],
)
def test_groups_know_their_file(cli: Cli, args: list[str], groups: tuple[str, ...]) -> None:
    cli.write("pyproject.toml", "")
    assert cli.request(*args).groups == groups


def test_environment_variables(cli: Cli) -> None:
    env = {"PIP_TOOLS_CACHE_DIR": "from-env", "PIP_TOOLS_RESOLVER": "legacy"}
    assert cli.request(env=env).cache_dir == "from-env"
    assert cli.request("--cache-dir", "given", env=env).cache_dir == "given"
    assert cli.header(env=env) == "pip-compile --resolver=legacy"


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache/piptools-clone"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/piptools-clone"),
        ("linux", {"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache/piptools-clone"),
        ("darwin", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/Library/Caches/piptools-clone"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/piptools-clone/Cache"),
    ],
)
def test_default_cache_dir(monkeypatch: pytest.MonkeyPatch, platform: str, env: dict[str, str], expected: str) -> None:
    monkeypatch.setattr("sys.platform", platform)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert default_cache_dir() == expected
    assert cache_folder((), env) == expected
