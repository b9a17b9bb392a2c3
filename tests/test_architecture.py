"""The laws of the house: imports go one way, few files may do I/O of each kind, files stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "piptools_clone"
SOURCES = sorted(PACKAGE.rglob("*.py"))

LEVELS = (
    ("__main__",),
    ("cli",),
    ("__init__",),
    ("operations",),
    ("run",),
    ("resolve", "syncing"),
    ("index", "build", "wheels", "environment"),
    ("http", "settings", "store"),
    ("formats",),
    ("solver", "model"),
    ("process",),
    ("errors", "named_tuple", "version"),
)
"""What may know what: a part imports itself and parts of levels further down."""
BESIDE = {
    ("build", "index"),
    ("wheels", "environment"),
    ("http", "settings"),
    ("settings", "http"),
}
"""Pairs of one level of which the first may import the second."""
MOST_FILES = 20
"""A folder with more modules than this is two."""


def name_of(path: Path, package: Path) -> str:
    """The dotted name of a module below the package; that of a folder for its ``__init__``."""
    name = ".".join(path.relative_to(package).with_suffix("").parts)
    return name.removesuffix(".__init__")


def part_of(name: str) -> str:
    return name.split(".")[0]


def imports_of(package: Path) -> dict[str, set[str]]:
    """Each module of a package with those of its modules that it imports, wherever in the file the import stands.

    ``from package.folder import name`` imports the module ``folder.name`` if there is one, else ``folder`` itself.
    """
    sources = {name_of(path, package): path for path in package.rglob("*.py")}
    return {name: set(_imported(path, package.name, sources)) - {name} for name, path in sources.items()}


def _imported(path: Path, package: str, modules: Container[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[2] for alias in node.names if alias.name.startswith(f"{package}."))
        elif isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}."):
            folder = str(node.module).partition(".")[2]
            for alias in node.names:
                name = f"{folder}.{alias.name}".removeprefix(".")
                yield name if name in modules else folder or "__init__"


def climbs(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """The imports that lead to a part that the importing one may not know."""
    level = {part: number for number, parts in enumerate(LEVELS) for part in parts}
    pairs = [(name, other) for name, others in imports.items() for other in others]
    parts = [(part_of(name), part_of(other), f"{name} -> {other}") for name, other in pairs]
    return sorted(
        words
        for one, other, words in parts
        if one != other and (one, other) not in BESIDE and level[other] <= level[one]
    )


def cycle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """A chain of modules that import one another in a circle, empty where there is none."""
    done: set[str] = set()

    def visit(name: str, chain: tuple[str, ...]) -> list[str]:
        if name in chain:
            return [*chain[chain.index(name) :], name]
        if name in done:
            return []
        found = next(filter(None, (visit(other, (*chain, name)) for other in sorted(imports.get(name, ())))), [])
        done.add(name)
        return found

    return next(filter(None, (visit(name, ()) for name in sorted(imports))), [])


def test_imports_go_one_way():
    assert climbs(imports_of(PACKAGE)) == []


def test_no_cycle_of_imports():
    assert cycle(imports_of(PACKAGE)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from house.cli import command",
        "from house import cli",
        "import house.cli.command",
        "def late():\n    from house.cli import command",
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from house.cli.command import Command",
    ],
)
def test_a_climb_and_a_cycle_would_be_seen(line, tmp_path):
    """The test of the test: each way of writing an import counts."""
    house = tmp_path / "house"
    for folder in ("cli", "model"):
        (house / folder).mkdir(parents=True)
        (house / folder / "__init__.py").touch()
    (house / "__init__.py").touch()
    (house / "cli" / "command.py").write_text("from house.model import value")
    (house / "cli" / "__init__.py").write_text("from house.model import value")
    (house / "model" / "value.py").write_text(line)
    found = imports_of(house)
    assert [words.split(".")[0] for words in climbs(found)] == ["model"]
    assert cycle(found)


def test_no_folder_is_crowded():
    folders = Counter(path.parent for path in SOURCES if path.name != "__init__.py")
    assert {folder.name: count for folder, count in folders.items() if count > MOST_FILES} == {}


def test_no_two_modules_have_one_name():
    """A name that stands twice tells a reader nothing; the folder says no more than what may know what."""
    names = Counter(path.stem for path in SOURCES if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


ALLOWED = {  # work_tree.py: git itself tells best which files it ignores
    "click": r"cli/.*",
    "requests": r"http/proxy_backend\.py",
    "urllib3": r"http/proxy_backend\.py",
    "http.client": "",
    "subprocess": r"build/(pip_build|work_tree)\.py|environment/(interpreter|interpreter_facts)\.py",
    "pip": r"settings/default_index\.py",
}


@pytest.mark.parametrize("module", ALLOWED)
def test_only_named_files_import(module):
    """Each kind of contact with the world stands in one place."""
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if any(name == module or name.startswith(module + ".") for name in imported_modules(path))
    }
    assert {user for user in users if not re.fullmatch(ALLOWED[module], user)} == set()


def test_the_solver_knows_only_the_standard_library():
    names = {
        name.split(".")[0]
        for path in SOURCES
        if part_of(name_of(path, PACKAGE)) == "solver"
        for name in imported_modules(path)
    }
    assert names <= set(sys.stdlib_module_names) | {"piptools_clone"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_files_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def called(path: Path) -> set[str]:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return {ast.unparse(call) for call in calls}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_command_line_prints_or_exits(path):
    if part_of(name_of(path, PACKAGE)) != "cli" and path.name != "interpreter_facts.py":  # runs in any interpreter
        assert called(path) & {"print", "input", "sys.exit", "exit"} == set()


def loaded_by(module: str) -> set[str]:
    code = f"import {module}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_command_line_loads_neither_pip_nor_requests():
    heavy = {"pip", "requests", "urllib3", "http.client", "email"}
    assert loaded_by("piptools_clone.cli.compile_command") & heavy == set()


def test_no_registry_is_named():
    """Examples use `example` hosts, tests use loopback; the default address is pip's own constant."""
    from pip._internal.models.index import PyPI

    hosts = [host.encode() for host in (PyPI.netloc, PyPI.file_storage_domain)]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    assert [path for path in files if path.is_file() and any(host in path.read_bytes() for host in hosts)] == []
