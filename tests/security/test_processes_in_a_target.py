"""What is started in a target runs nothing that is installed there, and sees no secret; its answers stay the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from piptools_clone.environment import interpreter_facts as facts
from piptools_clone.environment.interpreter import compile_modules, probe_interpreter, target_environment
from tests.support.packages import make_sdist, make_wheel, write_project
from tests.sync.project import Project, pinned

pytestmark = pytest.mark.skipif(os.name == "nt", reason="virtual environments of other layouts")
SECRET = "https://me:s3cret@idx.example/simple"


def lay_traps(python: Path, mark: Path) -> None:
    """Put code into an environment that runs whenever its interpreter starts in the usual way."""
    [site] = (python.parent.parent / "lib").glob("python*/site-packages")
    (site / "trap.pth").write_text(f"import os; open({str(mark)!r}, 'a').write(str(dict(os.environ)))\n")
    (site / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'a').write('sitecustomize')\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", SECRET)
    return Project(tmp_path)


def test_nothing_of_the_target_runs_in_a_probe_or_while_modules_are_compiled(project: Project, tmp_path: Path) -> None:
    lay_traps(project.python, tmp_path / "mark")
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "m.py").write_text("X = 1\n")
    interpreter = probe_interpreter(project.python)
    compile_modules(interpreter, str(tmp_path / "staged"), str(project.site))
    assert len(list((tmp_path / "staged" / "__pycache__").iterdir())) == 1
    assert not (tmp_path / "mark").exists()
    project.run("")
    assert "sitecustomize" in (tmp_path / "mark").read_text()


@pytest.mark.parametrize("kind", ["wheel", "archive", "editable"])
def test_nothing_of_the_target_runs_in_a_sync(kind: str, project: Project, tmp_path: Path) -> None:
    """Not in a build either, unless it is to see the environment: the wheel may be for others, too."""
    lay_traps(project.python, tmp_path / "mark")
    made = make_wheel("a", "1.0") if kind == "wheel" else make_sdist("a", "1.0")
    project.offer(made)
    source = write_project(tmp_path / "source", "a", "1.0")
    lock = f"-e {source.as_uri()}\n" if kind == "editable" else pinned(make_sdist("a", "1.0"))
    if kind == "wheel":
        lock = f"a==1.0 --hash=sha256:{made.sha256}\n"
    project.sync(lock, compile_bytecode=True)
    assert not (tmp_path / "mark").exists()


def test_a_build_for_an_environment_is_for_its_interpreter(project: Project, tmp_path: Path) -> None:
    """The same base, down to its last digit; scripts of an editable name the environment itself."""
    source = write_project(tmp_path / "source", "a", "1.0")
    backend = source / "own_backend.py"
    backend.write_text(
        backend.read_text() + "\n_plain_texts = _texts\n"
        "def _texts(editable):\n"
        "    name = FACTS['stem'] + '.data/scripts/tool'\n"
        "    return _plain_texts(editable) | {name: '#!python\\nimport sys; print(sys.prefix)\\n'}\n"
        f"open({str(tmp_path / 'seen')!r}, 'w').write(sys.version + '|' + sys.base_prefix + '|' + sys.prefix)\n"
    )
    project.sync(f"-e {source.as_uri()}\n")
    version, base, prefix = (tmp_path / "seen").read_text().split("|")
    assert (version, base) == (sys.version, sys.base_prefix)
    assert prefix != str(project.folder / "venv")
    tool = project.folder / "venv" / "bin" / "tool"
    assert tool.read_text().splitlines()[0] == f"#!{project.python}"
    told = subprocess.run([tool], check=True, capture_output=True, text=True).stdout
    assert told.strip() == str(project.folder / "venv")


def test_a_build_outside_isolation_sees_the_environment(project: Project, tmp_path: Path) -> None:
    (project.site / "needed.py").write_text("")
    source = write_project(tmp_path / "source", "a", "1.0", build_requires=[])
    backend = source / "own_backend.py"
    backend.write_text("import needed\n" + backend.read_text())
    project.sync(f"-e {source.as_uri()}\n", build_isolation=False)
    assert project.names() == ["a==1.0"]


def test_a_process_in_a_target_sees_no_secret(project: Project, tmp_path: Path, monkeypatch) -> None:
    """Whatever stands for the interpreter; and what it needs to tell the folders of the user reaches it."""
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "base"))
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nenv > {tmp_path}/seen\nexec {project.python} "$@"\n')
    python.chmod(0o755)
    interpreter = probe_interpreter(python)
    assert interpreter.user_paths.purelib.is_relative_to(tmp_path / "base")
    assert "s3cret" not in (tmp_path / "seen").read_text()
    compile_modules(interpreter, str(project.site), str(project.site))
    assert "s3cret" not in (tmp_path / "seen").read_text()


def test_the_variables_are_named_one_by_one() -> None:
    given = {"HOME": "/h", "LC_ALL": "C", "PYTHONPATH": "/p", "PIP_INDEX_URL": SECRET, "AWS_SECRET_ACCESS_KEY": "x"}
    assert target_environment(given) == {"HOME": "/h", "LC_ALL": "C", "SYSTEM_VERSION_COMPAT": "0"}


PYTHONS = sorted({os.path.realpath(sys.executable), *filter(os.path.isfile, ["/usr/bin/python3"])})
"""The base of the running interpreter, and that of the system, which a distribution may have changed."""
MAKERS = {
    "venv": ["-m", "venv", "--without-pip"],
    "a copy": ["-m", "venv", "--without-pip", "--copies"],
    "with the packages of the system": ["-m", "venv", "--without-pip", "--system-site-packages"],
}


@pytest.mark.parametrize("layout", ["", "deb"])
@pytest.mark.parametrize("base", PYTHONS)
def test_what_an_interpreter_says_is_what_it_says_with_site(base, layout, tmp_path, monkeypatch) -> None:
    """Bases, virtual environments of every kind, one inside another, and links to them."""
    if layout:
        monkeypatch.setenv("DEB_PYTHON_INSTALL_LAYOUT", layout)
    pythons = [Path(base)]
    for number, words in enumerate(MAKERS.values()):
        folder = tmp_path / str(number)
        if subprocess.run([base, *words, folder], capture_output=True, check=False).returncode == 0:
            pythons.append(folder / "bin" / "python")
    virtualenv = [
        sys.executable,
        "-m",
        "virtualenv",
        "-q",
        "--no-download",
        "--without-pip",
        "-p",
        base,
        tmp_path / "v",
    ]
    if subprocess.run(virtualenv, capture_output=True, check=False).returncode == 0:
        pythons.append(tmp_path / "v" / "bin" / "python")
    if len(pythons) > 1:
        (tmp_path / "link").symlink_to(pythons[1].parent.parent)
        (tmp_path / "python").symlink_to(pythons[1])
        subprocess.run([pythons[1], *MAKERS["venv"], tmp_path / "nested"], check=True, capture_output=True)
        pythons += [tmp_path / "link" / "bin" / "python", tmp_path / "python", tmp_path / "nested" / "bin" / "python"]
    for python in pythons:
        said = [
            subprocess.run([python, *words, facts.__file__], check=True, capture_output=True, text=True).stdout
            for words in (["-I", "-B"], ["-I", "-S", "-B"])
        ]
        assert said[0] == said[1], python
        assert facts.MARK in said[0]
