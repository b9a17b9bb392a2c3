"""The laws of the house: imports go one way, few files may do I/O of each kind, files stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "piptools_clone"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# what all may import
EVERYWHERE = {"named_tuple", "private"}
# what each part may import of ours besides; a part may always import itself
LAYERS: dict[str, set[str]] = {
    "named_tuple": set(),
    "errors": set(),
    "model": {"errors"},
    "solver": {"errors", "model"},
    "formats": {"errors", "model", "solver"},
    "upward": set(),
    "environment": {"errors", "model", "formats", "digest", "upward"},
    "index": {"errors", "model", "formats", "digest", "helper"},
    "resolve": {"errors", "model", "formats", "solver", "index", "environment", "loading"},
    "sync": {
        "errors",
        "model",
        "formats",
        "index",
        "environment",
        "seal",
        "witness",
        "digest",
        "loading",
        "helper",
        "__init__",
    },
    "lockfile": {"errors", "model", "formats"},
    "projects": {"errors", "model", "formats", "index"},
    "inputs": {"errors", "model", "formats", "projects"},
    "digest": set(),
    "private": set(),
    "helper": set(),
    "witness": {"digest", "environment"},
    "seal": {"digest", "witness"},
    "loading": set(),
    "head_start": {"errors", "model", "formats", "index", "resolve", "lockfile", "loading", "operations", "__init__"},
    "operations": {"errors", "model", "formats", "index", "environment", "resolve", "sync", "lockfile", "inputs"},
    "recall": {"errors", "model", "index", "digest", "lockfile", "__init__"},
    "cli": {
        *("errors", "model", "formats", "head_start", "operations", "sync", "lockfile", "recall", "seal", "upward"),
        "__init__",
    },
    "__main__": {"cli"},
    "__init__": {"operations", "model", "errors"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def our_modules(path: Path) -> set[str]:
    modules = {source.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for source in SOURCES}
    return {name for name in imported_modules(path) if name in modules}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(path):
    part = part_of(path)
    used = {name.split(".")[1] for name in our_modules(path) if name.count(".")}
    assert used - {part} <= LAYERS[part] | EVERYWHERE


def test_no_cycle_of_imports():
    graph = {
        source.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): our_modules(source) for source in SOURCES
    }
    done: set[str] = set()

    def visit(name: str, chain: tuple[str, ...]) -> None:
        assert name not in chain, " -> ".join([*chain, name])
        if name not in done:
            for other in graph.get(name, ()):
                visit(other, (*chain, name))
            done.add(name)

    for name in graph:
        visit(name, ())


ALLOWED = {  # work_tree.py: git itself tells best which files it ignores
    "click": r"cli/.*",
    "requests": r"index/wire_requests\.py",
    "urllib3": r"index/wire_requests\.py",
    "http.client": r"index/wire_direct\.py",
    "subprocess": r"index/(build|work_tree)\.py|environment/(interpreter|facts)\.py",
    "pip": r"index/default_index\.py",
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
    names = {name.split(".")[0] for path in SOURCES if part_of(path) == "solver" for name in imported_modules(path)}
    assert names <= set(sys.stdlib_module_names) | {"piptools_clone"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_files_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def called(path: Path) -> set[str]:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return {ast.unparse(call) for call in calls}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_command_line_prints_or_exits(path):
    if part_of(path) != "cli" and path.name != "facts.py":  # facts.py is run by the interpreter that it asks about
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
