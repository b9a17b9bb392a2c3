"""Where settings come from: what is read is named, quiet is quiet however it was asked for, and one order holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.tool import Tool, make_environment, names_in
from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

CONFIG = "[tool.pip-tools]\n"


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A pip-sync in the environment of the project."""
    return Tool(tmp_path)


# what was read


def test_verbose_names_the_configuration_file(tool: Tool) -> None:
    (tool.work / ".pip-tools.toml").write_text(CONFIG)
    (tool.work / "sub").mkdir()
    for _ in range(3):  # whether there is something to do or not, and whether that is known or not
        said = tool.attempt("-v", cwd=tool.work).stderr
        assert "Using pip-tools configuration defaults found in '.pip-tools.toml'.\n" in said
    said = tool.attempt("-v", "../requirements.txt", cwd=tool.work / "sub").stderr
    assert "Using pip-tools configuration defaults found in '../.pip-tools.toml'.\n" in said
    assert "configuration" not in tool.attempt("../requirements.txt", cwd=tool.work / "sub").stderr


@pytest.mark.parametrize("command", ["compile", "sync"])
@pytest.mark.parametrize(
    ("table", "line", "key"),
    [
        ("", "ani-tate = true", "ani-tate"),
        ("", "Find-Links = 'x'", "Find-Links"),
        (".{}", "--find_links = 'x'", "--find_links"),
        ("", "no-annotate = ['x']", "no-annotate"),
        ("", "ask = ['x']", "ask"),
    ],
)
def test_an_error_names_the_file_and_the_key_as_it_is_written(
    tool: Tool, command: str, table: str, line: str, key: str
) -> None:
    table = table.format(command)
    (tool.work / "requirements.in").touch()
    (tool.work / "other.toml").write_text(f"[tool.pip-tools{table}]\n{line}\n")
    done = tool.attempt("--config", "other.toml", command=command)
    assert done.returncode == 2
    assert done.stderr.endswith(f"\nIt is {key!r} in other.toml, [tool.pip-tools{table}].\n")


def test_a_name_or_a_version_of_an_interpreter_is_no_path(tool: Tool, tmp_path: Path) -> None:
    """A path in the configuration is relative to its file, from wherever the command is run."""
    (tool.work / "sub").mkdir()
    environment = tool.environment("venv")
    tool.environ["PATH"] = f"{environment}/bin:/usr/bin:/bin"
    for value in ("venv/bin/python", "venv", "python"):
        (tool.work / ".pip-tools.toml").write_text(f"{CONFIG}python-executable = '{value}'\n")
        done = tool.attempt("../requirements.txt", "-v", cwd=tool.work / "sub")
        assert done.returncode == 0, done.stderr
        assert names_in(environment) == ["alpha-1.0"]


# quiet


@pytest.mark.parametrize("words", [("-q",), ("-qq",), ("-nq",), ("-q", "-q", "-v"), ("--quiet", "--check")])
def test_a_quiet_sync_says_nothing_where_nothing_is_to_do(tool: Tool, words: tuple[str, ...]) -> None:
    tool.attempt("-q")
    for _ in range(2):
        done = tool.attempt(*words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [("-q",), ("-qq",), ("--quiet",), ("-qqv",)])
def test_a_quiet_sync_says_nothing_however_it_comes_to_it(tool: Tool, words: tuple[str, ...]) -> None:
    """It does all the work, finds it done, knows that it is done, repeats it in another environment."""
    (tool.own / "pipx_metadata.json").touch()
    for name in ("first", "first", "first", "second", "second"):
        if not (tool.work / name).exists():
            tool.environment(name)
        done = tool.attempt(*words, "--python", name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert names_in(tool.work / name) == ["alpha-1.0"]


def test_a_sync_is_as_quiet_as_its_configuration(tool: Tool) -> None:
    (tool.work / ".pip-tools.toml").write_text(f"{CONFIG}quiet = 1\n")
    for _ in range(3):
        done = tool.attempt()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (tool.work / ".pip-tools.toml").write_text(f"{CONFIG}quiet = 0\n")
    assert tool.attempt().stdout == "Everything up-to-date\n"


# -r


@pytest.mark.parametrize("words", [("-r", "a.txt"), ("--requirement=a.txt",), ("-ra.txt",)])
def test_a_lock_may_be_named_with_r(tool: Tool, words: tuple[str, ...]) -> None:
    (tool.work / "requirements.txt").rename(tool.work / "a.txt")
    done = tool.attempt(*words)
    assert "add alpha 1.0" in done.stderr
    (tool.work / "b.txt").write_text(f"beta==1.0 --hash=sha256:{'0' * 64}\n")
    done = tool.attempt("-n", "b.txt", *words)
    assert done.stdout == "Would install:\n  beta==1.0\n"
    assert tool.attempt("-r", "a.in").returncode == tool.attempt("-r", "missing.txt").returncode == 2


def test_the_configuration_is_looked_for_beside_a_lock_that_is_named_with_r(tool: Tool) -> None:
    (tool.work / "sub").mkdir()
    (tool.work / "requirements.txt").rename(tool.work / "sub" / "a.txt")
    (tool.work / "sub" / ".pip-tools.toml").write_text(f"{CONFIG}dry-run = true\n")
    assert tool.attempt("-r", "sub/a.txt").returncode == 1


# which source wins: each wins over all below it

SOURCES = ("--pip-args", "command line", "configuration file", "requirements file", "PIP_ variable", "pip.conf")
Make = Callable[..., SimpleIndex]


class Sources:
    """Six indexes, each named by one source; the number of the source is in what the index offers."""

    def __init__(self, folder: Path, make: Make) -> None:
        self.folder = folder
        self.indexes = [make() for _ in SOURCES]
        for number, index in enumerate(self.indexes):
            index.add(make_wheel("alpha", f"1.{number}"))
            index.add(make_wheel("beta", "1.0"))

    def url(self, source: str) -> str:
        return self.indexes[SOURCES.index(source)].url

    def set_up(self, used: tuple[str, ...], file: str, line: str) -> tuple[list[str], dict[str, str]]:
        """Write what the sources say, and give the words and the variables of a run."""
        says = {source: f"--index-url {self.url(source)}" for source in used}
        (self.folder / file).write_text(f"{says.get('requirements file', '')}\n{line}\n")
        config = f"index-url = '{self.url('configuration file')}'\n" if "configuration file" in used else ""
        (self.folder / ".pip-tools.toml").write_text(CONFIG + config)
        pip = f"[global]\nindex-url = {self.url('pip.conf')}\n" if "pip.conf" in used else ""
        (self.folder / "pip.conf").write_text(pip)
        variables = {"PIP_CONFIG_FILE": str(self.folder / "pip.conf")}
        if "PIP_ variable" in used:
            variables["PIP_INDEX_URL"] = self.url("PIP_ variable")
        words = says["command line"].split() if "command line" in used else []
        words += ["--pip-args", says["--pip-args"]] if "--pip-args" in used else []
        return words, variables


@pytest.fixture
def sources(project: Project, simple_index: Make, monkeypatch: pytest.MonkeyPatch) -> Sources:
    monkeypatch.delenv("PIP_INDEX_URL")
    return Sources(project.folder, simple_index)


@pytest.mark.parametrize("at", range(len(SOURCES)), ids=SOURCES)
def test_which_source_of_a_compile_wins(sources: Sources, project: Project, at: int) -> None:
    words, variables = sources.set_up(SOURCES[at:], "requirements.in", "alpha")
    assert project.compile(*words, env=variables).pins == {"alpha": f"1.{at}"}


@pytest.mark.parametrize("at", range(len(SOURCES)), ids=SOURCES)
def test_which_source_of_a_sync_wins(sources: Sources, project: Project, at: int) -> None:
    make_environment(project.folder / "venv")
    words, variables = sources.set_up(SOURCES[at:], "requirements.txt", "beta==1.0")
    code = "from piptools_clone.cli.sync_entry import main; main()"
    done = project._process("-c", code, "--python", "venv", *words, env=variables)
    assert done.code == 0, done.err
    asked = [bool(index.paths) for index in sources.indexes]
    assert asked == [number == at for number in range(len(SOURCES))]


def test_lists_of_all_sources_add_up(sources: Sources, project: Project, index: SimpleIndex) -> None:
    """But of pip's own settings a variable takes the place of a file, as in pip."""
    for number, each in enumerate(sources.indexes):
        each.add(make_wheel(f"only{number}", "1.0"))
    names = [f"only{number}" for number in range(5)]
    project.want(f"--extra-index-url {sources.url('requirements file')}", *names)
    project.write(".pip-tools.toml", CONFIG, f"extra-index-url = ['{sources.url('configuration file')}']")
    project.write("pip.conf", "[global]", f"extra-index-url = {sources.url('pip.conf')}")
    variables = {
        "PIP_CONFIG_FILE": str(project.folder / "pip.conf"),
        "PIP_EXTRA_INDEX_URL": sources.url("PIP_ variable"),
        "PIP_INDEX_URL": index.url,
    }
    words = ["--pip-args", f"--extra-index-url {sources.url('--pip-args')}"]
    names.remove("only1")  # of the command line, whose list stands for that of the configuration file
    project.want(f"--extra-index-url {sources.url('requirements file')}", *names)
    assert sorted(project.compile(*words, env=variables).pins) == names
    names = ["only0", "only1", "only3", "only4"]
    project.want(f"--extra-index-url {sources.url('requirements file')}", *names)
    words += ["--extra-index-url", sources.url("command line")]
    assert sorted(project.compile(*words, env=variables).pins) == names
    project.want("only2")
    assert project.compile(*words, env=variables).code == 1
    project.want("only5")
    assert project.compile(*words, env=variables).code == 1


CACHES = ("--pip-args", "command line", "PIP_TOOLS_CACHE_DIR", "configuration file")


@pytest.mark.parametrize("at", range(len(CACHES) + 1), ids=[*CACHES, "default"])
def test_which_source_of_an_option_with_a_variable_of_its_own_wins(
    project: Project, index: SimpleIndex, at: int
) -> None:
    used = CACHES[at:]
    index.add(make_wheel("alpha", "1.0"))
    project.want("alpha")
    words = ["--cache-dir", "cache1"] if "command line" in used else []
    words += ["--pip-args", "--cache-dir cache0"] if "--pip-args" in used else []
    variables = {"PIP_TOOLS_CACHE_DIR": "cache2"} if "PIP_TOOLS_CACHE_DIR" in used else {}
    project.write(".pip-tools.toml", CONFIG, "cache-dir = 'cache3'" if "configuration file" in used else "")
    project.compile(*words, env=variables)
    made = {path.name for path in project.folder.glob("cache*")}
    assert made == ({f"cache{at}"} if used else set())
    assert project.cache.exists() is not bool(used)
