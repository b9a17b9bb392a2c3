"""Wheels installed into real environments, run there, and taken away again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from piptools_clone.errors import EnvironmentFailure
from piptools_clone.syncing.write.write_wheels import LinkMode
from tests.support.packages import make_wheel
from tests.sync.environments import Environment, make_environment, snapshot

RUN = "import sys\n\ndef main():\n    print('hello', sys.prefix)\n\nclass App:\n    run = staticmethod(main)\n"
TOOL_FILES = {
    "tool/__init__.py": RUN,
    "tool/data, more.txt": "x",
    "tool-1.0.data/scripts/tool-script": "#!python\nimport tool\ntool.main()\n",
    "tool-1.0.data/scripts/tool-shell": "#!/bin/sh\necho shell\n",
    "tool-1.0.data/data/share/tool/one": "one",
    "tool-1.0.data/headers/tool.h": "#define X",
    "tool-1.0.data/purelib/tool_pure.py": "",
    "tool-1.0.data/platlib/tool_plat.py": "",
    "tool-1.0.dist-info/INSTALLER": "a lie",
    "tool-1.0.dist-info/direct_url.json": "{}",
}
TOOL = make_wheel(
    "tool",
    "1.0",
    files=TOOL_FILES,
    entry_points="[console_scripts]\ntool-run = tool:main\n[gui_scripts]\ntool-gui = tool:App.run\n",
)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return make_environment(tmp_path)


def test_everything_of_a_wheel_is_in_its_place(environment: Environment) -> None:
    environment.change(TOOL)
    prefix, site, paths = environment.root, environment.site, environment.interpreter.paths
    assert environment.run("-c", "import tool, tool_pure, tool_plat; tool.main()") == f"hello {prefix}\n"
    for script in ("tool-script", "tool-run", "tool-gui"):
        assert environment.run_script(script) == f"hello {prefix}\n"
    assert environment.run_script("tool-shell") == "shell\n"
    assert (prefix / "share/tool/one").read_text() == "one"
    assert (paths.headers / "tool" / "tool.h").is_file()
    info = site / "tool-1.0.dist-info"
    assert (info / "INSTALLER").read_text() == "piptools-clone\n"
    assert (info / "REQUESTED").read_bytes() == b""
    assert not (info / "direct_url.json").exists()
    assert json.loads((info / "provenance_url.json").read_text()) == {
        "url": "https://idx.example/tool-1.0-py3-none-any.whl",
        "archive_info": {"hashes": {"sha256": TOOL.sha256}},
    }


def test_record_lists_every_file_that_came(environment: Environment) -> None:
    before = snapshot(environment.root)
    environment.change(TOOL)
    came = {path for path, facts in snapshot(environment.root).items() if facts[0] == "file"} - before.keys()
    [tool] = environment.installed()
    assert {os.path.relpath(path, environment.root) for path in tool.files() or ()} == came


def test_install_and_remove_leave_no_trace(environment: Environment) -> None:
    before = snapshot(environment.root)
    environment.change(TOOL)
    environment.run("-c", "import tool, tool_pure")  # makes __pycache__ folders
    environment.change(remove=["tool"])
    after = snapshot(environment.root)
    after.pop(str(environment.site.relative_to(environment.root) / "__pycache__"), None)
    assert after == before


def test_upgrade_equals_a_fresh_install(tmp_path: Path) -> None:
    old = make_wheel("pkg", "1.0", files={"pkg/__init__.py": "", "pkg/gone/x.py": "", "pkg/same.py": "1"})
    new = make_wheel("pkg", "2.0", files={"pkg/__init__.py": "V = 2", "pkg/same.py": "1", "pkg/came/y.py": ""})
    upgraded, fresh = make_environment(tmp_path, "one"), make_environment(tmp_path, "two")
    upgraded.change(old)
    upgraded.change(new)
    fresh.change(new)
    assert snapshot(upgraded.site) == snapshot(fresh.site)


def test_files_of_nobody_stay(environment: Environment) -> None:
    environment.change(make_wheel("pkg", "1.0", files={"pkg/__init__.py": "", "pkg/sub/x.py": ""}))
    mine = environment.site / "pkg" / "mine.txt"
    mine.write_text("precious")
    environment.change(remove=["pkg"])
    assert mine.read_text() == "precious"
    assert sorted(path.name for path in environment.site.iterdir()) == ["pkg"]
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_namespace_folders_are_shared(environment: Environment) -> None:
    one = make_wheel("ns-one", "1.0", files={"ns/one.py": "", "ns/shared.py": "same"})
    two = make_wheel("ns-two", "1.0", files={"ns/two.py": "", "ns/shared.py": "same"})
    environment.change(one, two)
    assert environment.run("-c", "import ns.one, ns.two") == ""
    environment.change(remove=["ns-one"])
    assert {path.name for path in (environment.site / "ns").glob("*.py")} == {"two.py", "shared.py"}
    environment.change(one)
    assert (environment.site / "ns" / "one.py").exists()
    environment.change(remove=["ns-one", "ns-two"])
    assert not (environment.site / "ns").exists()


def test_a_file_of_another_distribution_is_not_overwritten(environment: Environment) -> None:
    environment.change(make_wheel("one", "1.0", files={"mod.py": "one"}))
    before = snapshot(environment.root)
    two = make_wheel("two", "1.0", files={"mod.py": "two"})
    with pytest.raises(EnvironmentFailure, match="two and one both install the file"):
        environment.change(two)
    assert snapshot(environment.root) == before
    environment.change(two, relaxed=True)
    assert (environment.site / "mod.py").read_text() == "one"


def test_two_new_wheels_with_one_file_are_refused(environment: Environment) -> None:
    before = snapshot(environment.root)
    with pytest.raises(EnvironmentFailure, match="both install the file"):
        environment.change(*(make_wheel(name, "1", files={"mod.py": name}) for name in ("one", "two")))
    assert snapshot(environment.root) == before


def test_a_file_of_nobody_in_the_way_is_replaced_and_told(environment: Environment) -> None:
    (environment.site / "a.py").write_text("stray")
    applied = environment.change(make_wheel("a", "1.0"))
    assert applied.overwritten == (str(environment.site / "a.py"),)
    assert (environment.site / "a.py").read_text() == "VERSION = '1.0'\n"


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_cannot_be_replaced_is_refused(kind: str, environment: Environment) -> None:
    if kind == "folder":
        (environment.site / "a.py").mkdir()
        package = make_wheel("a", "1.0")
    else:
        (environment.site / "a").write_text("")
        package = make_wheel("a", "1.0", files={"a/x.py": ""})
    before = snapshot(environment.root)
    with pytest.raises(EnvironmentFailure, match="in the way"):
        environment.change(package)
    assert snapshot(environment.root) == before


def test_removal_stays_inside(environment: Environment, tmp_path: Path) -> None:
    """A RECORD that was tampered with, or that reaches out through a link, removes nothing outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("one", "two"):
        (outside / name).write_text("precious")
    environment.change(make_wheel("a", "1.0"))
    (environment.site / "out").symlink_to(outside)
    record = environment.site / "a-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + f"{outside / 'one'},,\nout/two,,\n../../../../outside/one,,\n")
    environment.change(remove=["a"])
    assert sorted(path.name for path in outside.iterdir()) == ["one", "two"]
    assert not record.exists()


def test_a_link_that_is_listed_goes_and_its_target_stays(environment: Environment, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    environment.change(make_wheel("a", "1.0"))
    (environment.site / "a.py").unlink()
    (environment.site / "a.py").symlink_to(target)
    environment.change(remove=["a"])
    assert not (environment.site / "a.py").is_symlink()
    assert target.read_text() == "precious"


def test_start_hooks_are_told(environment: Environment) -> None:
    files = {"a.pth": "", "sitecustomize.py": "", "a/b.pth": ""}
    applied = environment.change(make_wheel("a", "1.0", files=files))
    assert applied.hooks == (str(environment.site / "a.pth"), str(environment.site / "sitecustomize.py"))


def test_legacy_installs(environment: Environment, tmp_path: Path) -> None:
    source = tmp_path / "src"
    (source / "linked.egg-info").mkdir(parents=True)
    (source / "linked.egg-info" / "PKG-INFO").write_text("Name: linked\nVersion: 3.0\n")
    site = environment.site
    (site / "linked.egg-link").write_text(f"{source}\n.\n")
    (site / "easy-install.pth").write_text(f"/other\n{source}\n")
    (site / "old-1.0-py3.8.egg-info").mkdir()
    (site / "old-1.0-py3.8.egg-info" / "installed-files.txt").write_text("../old.py\n")
    (site / "old.py").write_text("")
    environment.change(remove=["linked", "old"])
    assert {path.name: path.read_text() for path in site.iterdir()} == {"easy-install.pth": "/other\n"}
    assert (source / "linked.egg-info").exists()
    (site / "older-2.0.egg-info").write_text("Name: older\nVersion: 2.0\n")
    with pytest.raises(EnvironmentFailure, match=r"older 2\.0 was installed by distutils") as caught:
        environment.change(remove=["older"])
    assert "--keep older" in caught.value.hint


@pytest.mark.parametrize("mode", LinkMode)
def test_link_modes(mode: LinkMode, tmp_path: Path) -> None:
    """Only hard links, when asked for, share a file between environments."""
    package = make_wheel("a", "1.0", files={"a.py": "1", "large.bin": b"x" * 300_000})
    one, two = make_environment(tmp_path, "one"), make_environment(tmp_path, "two")
    for environment in (one, two):
        environment.change(package, link_mode=mode)
        assert (environment.site / "large.bin").read_bytes() == b"x" * 300_000
    shared = (one.site / "a.py").stat().st_ino == (two.site / "a.py").stat().st_ino
    assert shared is (mode is LinkMode.HARDLINK)


def test_a_damaged_cache_is_found_before_anything_changes(environment: Environment) -> None:
    package = make_wheel("a", "1.0")
    incoming = environment.prepare(package)
    path = next(environment.cache.root.glob("*/*.pack"))
    path.write_bytes(path.read_bytes().replace(b"VERSION", b"VERSIOM", 1))
    before = snapshot(environment.root)
    with pytest.raises(EnvironmentFailure, match="damaged"):
        environment.change(package)
    assert snapshot(environment.root) == before
    assert not environment.cache.holds(incoming.sha256)


def test_long_paths_and_spaces_in_the_interpreter_line(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / ("with space" + "x" * 120))
    environment.change(TOOL)
    assert environment.run_script("tool-run").startswith("hello ")
    assert environment.run_script("tool-script").startswith("hello ")
