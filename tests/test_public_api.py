"""What the package offers to programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import piptools_clone
from tests.support.packages import make_wheel


@pytest.mark.parametrize("name", piptools_clone.__all__)
def test_every_public_name_is_there(name):
    assert getattr(piptools_clone, name) is not None
    assert name in dir(piptools_clone)


def test_no_public_function_gives_way_to_a_module_of_its_name():
    """The import system puts each submodule that is loaded into the package, over what stands there."""
    folder = Path(piptools_clone.__file__).parent
    modules = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert modules & set(piptools_clone.__all__) == set()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = piptools_clone.nonsense


def test_importing_the_package_loads_nothing_of_it():
    code = "import piptools_clone, sys; print([m for m in sys.modules if m.startswith('piptools_clone.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def request_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for package in (make_wheel("a", "1.0", requires=["b"]), make_wheel("b", "2.0")):
        (wheels / package.filename).write_bytes(package.data)
    (tmp_path / "requirements.in").write_text("a\n", encoding="utf-8")
    options = piptools_clone.IndexOptions(no_index=True, find_links=("wheels",))
    return piptools_clone.CompileRequest(("requirements.in",), "requirements.txt", options=options)


def test_compile_is_a_function(request_for, tmp_path):
    result = piptools_clone.compile(request_for)
    assert [(pin.name, pin.version, pin.via) for pin in result.lock.pins] == [
        ("a", "1.0", ("-r requirements.in",)),
        ("b", "2.0", ("a",)),
    ]
    assert (tmp_path / "requirements.txt").read_bytes() == result.content
    assert result.written


def test_check_raises_for_a_stale_lock_and_writes_nothing(request_for, tmp_path):
    with pytest.raises(piptools_clone.StaleLock):
        piptools_clone.check(request_for)
    assert not (tmp_path / "requirements.txt").exists()
    piptools_clone.compile(request_for)
    assert not piptools_clone.check(request_for).changed
