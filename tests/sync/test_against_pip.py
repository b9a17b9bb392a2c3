"""Our tree is pip's, and pip agrees with it: for wheels of every shape, installed by both into twin environments."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import NOTE
from tests.support.packages import make_wheel, write_project
from tests.sync.environments import snapshot
from tests.sync.project import Project

OURS_ALONE = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "provenance_url.json", NOTE)
"""What each installer words in its own way; what RECORD lists is compared on its own."""

WHEELS = {
    "scripts": make_wheel(
        "scripted",
        "1.0",
        files={
            "scripted.py": "def main():\n    print('hello')\n",
            "scripted-1.0.data/scripts/plain": "#!python\nprint(1)\n",
        },
        entry_points="[console_scripts]\nscripted = scripted:main\n",
    ),
    "data": make_wheel("dated", "1.0", files={"dated.py": "", "dated-1.0.data/data/share/dated/table.csv": "1,2\n"}),
    "headers": make_wheel("headed", "1.0", files={"headed.py": "", "headed-1.0.data/headers/headed.h": "int x;\n"}),
    "purelib": make_wheel("pured", "1.0", files={"pured-1.0.data/purelib/pured/__init__.py": "x = 1\n"}),
    "platlib": make_wheel("platted", "1.0", files={"platted-1.0.data/platlib/platted.py": "x = 1\n"}),
    "namespace": make_wheel("space-one", "1.0", files={"space/one/__init__.py": "x = 1\n"}),
    "requires": make_wheel("needs", "1.0", files={"needs.py": ""}, requires=["tiny"]),
}
TINY = make_wheel("tiny", "1.0")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a twin of its environment, which pip fills."""
    made = Project(tmp_path)
    made.offer(TINY, *WHEELS.values())
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "twin"], check=True)
    return made


def pip(project: Project, name: str, *words: str) -> str:
    python = project.folder / name / "bin" / "python"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "--isolated",
        "--disable-pip-version-check",
        *words,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pip_install(project: Project, *words: str) -> None:
    pip(project, "twin", "install", "--no-compile", "--no-index", "-f", str(project.folder / "wheels"), "-q", *words)


def tree(project: Project, name: str) -> dict[str, tuple[str, str, bytes]]:
    """The files of an environment, in words that hold for both."""
    root, ours = project.folder / name, str(project.folder / "venv").encode()
    found = snapshot(root)
    own = {
        path for path in found if path.rpartition("/")[2] in OURS_ALONE or path.startswith(("bin/activate", "bin/Act"))
    }
    return {
        path: (kind, mode, content.replace(str(root).encode(), ours))
        for path, (kind, mode, content) in found.items()
        if path not in own and path != "pyvenv.cfg"
    }


def recorded(project: Project, name: str) -> dict[str, set[str]]:
    """What each RECORD lists, without what each installer adds."""
    found = {}
    for record in (project.folder / name).rglob("*.dist-info/RECORD"):
        lines = [line[0] for line in csv.reader(record.read_text().splitlines())]
        found[record.parent.name] = {line for line in lines if line.rpartition("/")[2] not in OURS_ALONE}
    return found


@pytest.mark.parametrize("shape", WHEELS)
def test_one_wheel(shape: str, project: Project) -> None:
    """The same files with the same modes and contents, listed the same; pip checks, lists and removes them."""
    name = WHEELS[shape].filename.split("-")[0].replace("_", "-")
    before = set(snapshot(project.folder / "venv"))
    project.sync(f"{name}==1.0\ntiny==1.0\n")
    pip_install(project, f"{name}==1.0", "tiny==1.0")
    assert script_bodies(tree(project, "venv")) == script_bodies(tree(project, "twin"))
    assert recorded(project, "venv") == recorded(project, "twin")
    assert "No broken requirements" in pip(project, "venv", "check")
    assert pip(project, "venv", "list", "--format=json") == pip(project, "twin", "list", "--format=json")
    pip(project, "venv", "uninstall", "-y", name, "tiny")
    left = {path for path in set(snapshot(project.folder / "venv")) - before if not is_folder(project, path)}
    left = {path for path in left if not path.endswith(NOTE)}
    assert left == set()


def test_two_parts_of_a_namespace(project: Project) -> None:
    """Removing one leaves the other, whoever removes it."""
    two = make_wheel("space-two", "1.0", files={"space/two/__init__.py": "x = 2\n"})
    project.offer(two)
    project.sync("space-one==1.0\nspace-two==1.0\n")
    pip(project, "venv", "uninstall", "-y", "space-one")
    assert project.run("import space.two; print(space.two.x)") == "2\n"
    project.sync("space-one==1.0\n")
    assert project.run("import space.one; print(space.one.x)") == "1\n"


def test_an_editable(project: Project) -> None:
    """An editable project (PEP 660) is one to pip as well."""
    source = write_project(project.folder / "source", "edited", "1.0")
    project.sync(f"-e {source}\n")
    listed = pip(project, "venv", "list", "--editable", "--format=freeze")
    assert listed == "edited==1.0\n"
    pip(project, "venv", "uninstall", "-y", "edited")
    assert project.names() == []


def test_what_pip_installed_is_ours_to_change(project: Project) -> None:
    """An environment that pip filled is kept where it is right, and changed where it is not."""
    pip(project, "venv", "install", "--no-index", "-f", str(project.folder / "wheels"), "-q", "tiny==1.0", "dated==1.0")
    result = project.sync("tiny==1.0\n")
    assert project.actions(result) != []
    assert project.names() == ["tiny==1.0"]
    assert not (project.folder / "venv" / "share" / "dated").exists()


def script_bodies(files: dict[str, tuple[str, str, bytes]]) -> dict[str, tuple[str, str, bytes]]:
    """Of scripts, compare kind and interpreter line.

    Installers word those of entry points differently, and ours makes every script executable, where pip
    leaves one as it was packed.
    """
    scripts = {path: each for path, each in files.items() if path.startswith("bin/")}
    return files | {path: (kind, "", content.split(b"\n")[0]) for path, (kind, _, content) in scripts.items()}


def is_folder(project: Project, path: str) -> bool:
    return (project.folder / "venv" / path).is_dir()
