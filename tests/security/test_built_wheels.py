"""A wheel that was built once serves where building again would come to the same, and nowhere else."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from piptools_clone.build.build_key import circumstances
from piptools_clone.build.build_options import BuildOptions, build_options
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import BACKEND, Package, make_sdist, make_wheel, write_project
from tests.support.project import Project as Compiling
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project, pinned


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [name for name in os.environ if name.startswith("PIP_") or name == "CFLAGS"]:
        monkeypatch.delenv(name)
    return Project(tmp_path)


def fresh(project: Project) -> None:
    """Empty the environment; the cache stays."""
    for path in project.site.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def builds(project: Project) -> int:
    return sum(each.startswith("building") for each in project.hearer.said)


def settings_of(project: Project) -> list[str]:
    return json.loads(project.run("import json, a; print(json.dumps(a.SETTINGS))"))


def hearing_sdist(name: str = "a") -> Package:
    """A source distribution whose module says which settings its backend was given, and CFLAGS."""
    backend = (
        "\n_plain_wheel = build_wheel\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        "    with open(FACTS['modules'][0], 'w') as file:\n"
        "        file.write(f'SETTINGS = {[config_settings, os.environ.get(\"CFLAGS\")]!r}')\n"
        "    return _plain_wheel(folder)\n"
        "_plain_editable = build_editable\n"
        "def build_editable(folder, config_settings=None, metadata_directory=None):\n"
        "    build_wheel(folder, config_settings)\n"
        "    return _plain_editable(folder)\n"
    )
    return make_sdist(name, "1.0", files={f"{name}.py": ""}, backend=BACKEND + backend)


def test_the_settings_of_a_line_reach_its_build(project: Project) -> None:
    """As in compile; and what was built with others is not taken for it."""
    made = hearing_sdist()
    project.offer(made)
    line = pinned(made).strip()
    for words, expected in (
        ("", None),
        (" -C x=1 --config-settings=y=2", {"x": "1", "y": "2"}),
        (" -C x=2", {"x": "2"}),
    ):
        project.sync(line + words + "\n")
        assert settings_of(project)[0] == expected
        fresh(project)
    assert builds(project) == 3
    project.sync(line + " -C x=2\n")
    assert settings_of(project)[0] == {"x": "2"}
    assert builds(project) == 3


def test_the_settings_of_pip_s_configuration_reach_a_build(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_SETTINGS", "x=3")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    made = hearing_sdist()
    project.offer(made)
    project.sync(pinned(made), isolated=False)
    assert settings_of(project)[0] == {"x": "3"}


def test_the_settings_of_an_editable_line_reach_its_build(project: Project) -> None:
    folder = project.folder / "src"
    write_project(folder, "a", "1.0")
    backend = folder / "own_backend.py"
    backend.write_text(
        backend.read_text() + "\n_plain = build_editable\n"
        "def build_editable(folder, config_settings=None, metadata_directory=None):\n"
        "    open('settings.json', 'w').write(json.dumps(config_settings))\n"
        "    return _plain(folder)\n"
    )
    project.sync(f"-e {folder.as_uri()} --config-settings x=1\n")
    assert json.loads((folder / "settings.json").read_text()) == {"x": "1"}


def test_another_variable_for_the_compiler_is_another_build(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made = hearing_sdist()
    project.offer(made)
    for flags in ("-O1", "-O2", "-O1"):
        monkeypatch.setenv("CFLAGS", flags)
        project.sync(pinned(made))
        assert settings_of(project)[1] == flags
        fresh(project)
    assert builds(project) == 2


BASE = {"settings": IndexSettings(indexes=("https://one.example",)), "options": BuildOptions(), "environ": {}}
OTHERS = [
    {"settings": IndexSettings(indexes=("https://two.example",))},
    {"settings": IndexSettings(find_links=("https://one.example",))},
    {"settings": IndexSettings(indexes=("https://one.example",), pre=True)},
    {"options": BuildOptions(isolation=False)},
    {"options": BuildOptions(constraints=("setuptools<70",))},
    {"environ": {"CC": "clang"}},
    {"environ": {"ARCHFLAGS": "-arch arm64"}},
    {"environ": {"PATH": "/other/compilers"}},
    {"interpreter": "3.11.8"},
]


@pytest.mark.parametrize("other", OTHERS)
def test_what_can_change_a_build_is_part_of_what_it_is_remembered_under(other) -> None:
    key = circumstances(**{"interpreter": "3.11.7", "sites": (), **BASE})
    assert circumstances(**{"interpreter": "3.11.7", "sites": (), **BASE, **other}) != key


@pytest.mark.parametrize("other", [{"LANG": "C"}, {"TERM": "dumb"}, {"LC_ALL": "C"}, {"AWS_SECRET": "x"}])
def test_what_cannot_change_a_build_makes_none(other) -> None:
    key = circumstances(**{"interpreter": "3.11.7", "sites": (), **BASE})
    assert circumstances(**{"interpreter": "3.11.7", "sites": (), **BASE, "environ": other}) == key


def test_a_file_of_constraints_counts_by_its_content(tmp_path: Path) -> None:
    """And outside isolation, what is installed."""
    bounds, site = tmp_path / "bounds.txt", tmp_path / "site"
    (site / "x-1.0.dist-info").mkdir(parents=True)
    settings = IndexSettings(build_constraints=(str(bounds),))
    keys = set()
    for text in ("setuptools<70", "setuptools<71"):
        bounds.write_text(text)
        options = build_options(settings, isolation=True, offline=False)
        keys.add(circumstances(settings, options, {}, interpreter="", sites=()))
    for version in ("1.0", "2.0"):
        (site / f"x-{version}.dist-info").mkdir(exist_ok=True)
        outside = BuildOptions(isolation=False)
        keys.add(circumstances(settings, outside, {}, interpreter="", sites=(str(site),)))
    assert len(keys) == 4


@pytest.mark.parametrize("name", ["PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"])
def test_constraints_of_pip_s_settings_hold_in_the_builds_of_a_sync(name, project, monkeypatch) -> None:
    for version in ("1.0", "2.0"):
        project.offer(make_wheel("needed", version, files={"needed.py": f"VERSION = {version!r}\n"}))
    source = write_project(project.folder / "src", "a", "1.0", build_requires=["needed"])
    backend = source / "own_backend.py"
    backend.write_text(backend.read_text() + "\nimport needed\nopen('used', 'w').write(needed.VERSION)\n")
    (project.folder / "bounds.txt").write_text("needed<2\n")
    monkeypatch.setenv(name, str(project.folder / "bounds.txt"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    project.sync(f"-e {source.as_uri()}\n", isolated=False)
    assert (source / "used").read_text() == "1.0"


def test_a_sync_that_is_offline_builds_offline(project: Project, index: SimpleIndex) -> None:
    from piptools_clone.errors import PiptoolsCloneError

    index.add(make_wheel("needed", "1.0", files={"needed.py": ""}))
    source = write_project(project.folder / "src", "a", "1.0", build_requires=["needed"])
    with pytest.raises(PiptoolsCloneError, match="offline"):
        project.sync(f"-e {source.as_uri()}\n", options=IndexOptions(index_url=index.url), offline=True)
    assert index.requests == []


def test_a_source_of_a_poor_index_gives_way_to_the_wheel_of_a_good_one(project: Project, simple_index) -> None:
    """The lock lists both; once there is the wheel, nothing that was built of the source is taken for it."""
    source, wheel = make_sdist("a", "1.0"), make_wheel("a", "1.0", files={"a.py": "FROM = 'wheel'\n"})
    poor, good = simple_index(), simple_index()
    poor.add(source)
    good.add(source)
    good.add(wheel)
    lock = f"a==1.0 --hash=sha256:{source.sha256} --hash=sha256:{wheel.sha256}\n"
    project.sync(lock, options=IndexOptions(index_url=poor.url))
    assert builds(project) == 1
    fresh(project)
    project.sync(lock, options=IndexOptions(index_url=good.url))
    assert project.run("import a; print(a.FROM)") == "wheel\n"


def test_metadata_that_a_build_told_is_told_again_in_other_circumstances(tmp_path, index, monkeypatch) -> None:
    """Compile remembers by the same rule as sync; what needed no build is remembered by its content alone."""
    index.add(make_sdist("a", "1.0"))
    index.add(make_sdist("b", "1.0", static=True))
    compiling = Compiling(tmp_path, index, monkeypatch)
    compiling.want("a", "b")

    def asked(**variables: str) -> tuple[int, int]:
        index.requests.clear()
        compiling.lock_path.unlink(missing_ok=True)
        run = compiling.compile("-v", env=variables)
        assert run.pins == {"a": "1.0", "b": "1.0"}
        return len(re.findall(r"building a.1\.0", run.err)), index.count("/files/b-1.0.tar.gz")

    assert asked() == (1, 1)
    assert asked() == (0, 0)
    assert asked(CFLAGS="-O3") == (1, 0)
    assert asked(CFLAGS="-O3") == (0, 0)
