"""45: ownership is of resolved paths: what is of another distribution, of Python or of this program stays as it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.own_names import folded
from piptools_clone.environment.record_file import RecordLine, render_record
from piptools_clone.errors import EnvironmentFailure, PiptoolsCloneError
from piptools_clone.syncing.transaction.final_paths import Places
from piptools_clone.syncing.transaction.removal import Owners
from piptools_clone.syncing.write.layout import MAX_SCRIPT
from piptools_clone.syncing.write.scheme import scheme_of
from piptools_clone.syncing.write.staging import Staging
from piptools_clone.wheels.checked_wheel import Member, check_members
from piptools_clone.wheels.wheel_paths import WheelFault
from tests.support.packages import make_wheel
from tests.sync.environments import Environment, make_environment, snapshot

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
SITE = f"lib/{PYTHON}/site-packages"
VICTIM = make_wheel("victim", "1.0", files={"victim/__init__.py": "GOOD = 1\n", "victim_script.py": "1"})


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment whose ``lib64`` is a link to ``lib``, as on most systems of 64 bits."""
    made = make_environment(tmp_path)
    if not (made.root / "lib64").exists():
        (made.root / "lib64").symlink_to("lib")
    made.change(VICTIM)
    return made


def refused(environment: Environment, files: dict[str, str], words: str, **options: object) -> None:
    """A wheel of these files is refused, and nothing is changed."""
    before = snapshot(environment.root)
    with pytest.raises(PiptoolsCloneError, match=words):
        environment.change(make_wheel("evil", "1.0", files=files), **options)
    assert snapshot(environment.root) == before


METADATA = [
    "victim-1.0.dist-info/RECORD",
    "other-1.0.dist-info/METADATA",
    "other.egg-info/installed-files.txt",
    "OTHER.EGG-INFO/PKG-INFO",
    "other.egg-link",
    "other-1.0-py3.12.egg/x.py",
    "easy-install.pth",
    "evil-1.0.dist-info/direct_url.json",
]


@pytest.mark.parametrize("path", METADATA)
@pytest.mark.parametrize(
    "start", ["evil-1.0.data/data/lib/{python}/site-packages/", "evil-1.0.data/data/lib64/{python}/site-packages/"]
)
def test_no_metadata_is_forged_by_data(start: str, path: str, environment: Environment) -> None:
    refused(environment, {start.format(python=PYTHON) + path: "x"}, "taken for what tells of a distribution")


@pytest.mark.parametrize("path", METADATA[1:-1])
@pytest.mark.parametrize("start", ["", "evil-1.0.data/purelib/", "evil-1.0.data/platlib/"])
def test_no_metadata_of_another_is_in_a_wheel(start: str, path: str, environment: Environment) -> None:
    refused(environment, {start + path: "x"}, "taken for another distribution|dist-info folders", relaxed=True)


def test_its_own_metadata_is_written_in_one_way(environment: Environment) -> None:
    refused(environment, {"evil-1.0.data/purelib/evil-1.0.dist-info/RECORD": "x"}, "its own metadata by another way")


@pytest.mark.parametrize("library", ["lib", "lib64"])
def test_another_name_of_a_folder_is_no_way_around_ownership(library: str, environment: Environment) -> None:
    path = f"evil-1.0.data/data/{library}/{PYTHON}/site-packages/victim/__init__.py"
    refused(environment, {path: "EVIL = 1\n"}, "evil and victim both install the file")


def test_of_two_wheels_that_come_at_once_none_overwrites_the_other(environment: Environment) -> None:
    path = f"two-1.0.data/data/lib64/{PYTHON}/site-packages/one.py"
    before = snapshot(environment.root)
    with pytest.raises(EnvironmentFailure, match="both install the file"):
        environment.change(make_wheel("one", "1.0"), make_wheel("two", "1.0", files={path: "evil"}))
    assert snapshot(environment.root) == before


def test_a_start_hook_is_told_by_whatever_way_it_comes(environment: Environment) -> None:
    path = f"evil-1.0.data/data/lib64/{PYTHON}/site-packages/evil.pth"
    applied = environment.change(make_wheel("evil", "1.0", files={path: "import evil\n"}))
    assert applied.hooks == (str(environment.site / "evil.pth"),)
    [evil] = [each for each in environment.installed() if each.name == "evil"]
    assert "evil.pth" in {line.path for line in evil.record or ()}


PYTHONS_OWN = [
    "pyvenv.cfg",
    "uv-receipt.toml",
    "conda-meta/history",
    "bin/pyvenv.cfg",
    "bin/python",
    f"bin/{PYTHON}",
    "bin/PYTHON3",
    "bin/activate",
    "bin/Activate.ps1",
    f"bin/{PYTHON}._pth",
    "bin/pybuilddir.txt",
    f"lib/{PYTHON}/os.py",
    f"lib64/{PYTHON}/encodings/__init__.py",
    f"lib/{PYTHON.replace('.', '')}.zip",
    f"lib64/{PYTHON.replace('.', '')}.zip",
]


@pytest.mark.parametrize("path", PYTHONS_OWN)
def test_python_itself_is_not_replaced(path: str, environment: Environment) -> None:
    words = "may not be named|would replace|must not install|no name for a script"
    refused(environment, {f"evil-1.0.data/data/{path}": "x"}, words)


def test_nor_under_another_of_its_names(environment: Environment) -> None:
    (environment.root / "bin" / "snake").symlink_to("python")
    refused(environment, {"evil-1.0.data/scripts/snake": "#!python\n"}, "it starts Python")


def test_the_standard_library_of_a_base_is_no_place_either(tmp_path: Path) -> None:
    scheme = scheme_of(make_environment(tmp_path).interpreter)
    base = scheme._replace(purelib=f"{scheme.stdlib}/site-packages", platlib=f"{scheme.stdlib}/site-packages")
    places = Places(base._replace(data=str(Path(scheme.stdlib).parent.parent)))
    assert places.why_kept(f"{scheme.stdlib}/os.py") == "it is among the modules of Python itself"
    assert places.why_kept(f"{scheme.stdlib}/site-packages/os.py") == ""


@pytest.mark.parametrize("kind", ["plain", "data"])
def test_nothing_is_written_through_a_link_among_modules(kind: str, environment: Environment, tmp_path: Path) -> None:
    """Such a link leads to a folder of sources that somebody works on."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "mine.py").write_text("precious")
    (environment.site / "evil").symlink_to(source)
    start = "" if kind == "plain" else f"evil-1.0.data/data/lib64/{PYTHON}/site-packages/"
    refused(environment, {f"{start}evil/mine.py": "EVIL = 1\n"}, "A link is in the way")
    assert (source / "mine.py").read_text() == "precious"


def test_nor_through_one_that_leads_out(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (environment.root / "share").symlink_to(tmp_path / "outside")
    refused(environment, {"evil-1.0.data/data/share/x": "x"}, "leads out of the environment")


def test_a_folder_of_this_program_in_the_environment_is_no_place(environment: Environment) -> None:
    scheme = scheme_of(environment.interpreter)
    for kept in (environment.site / "cache", environment.root / "var" / "cache"):
        places = Places(scheme, [str(kept)])
        with pytest.raises(EnvironmentFailure, match="kept for pip-sync itself"):
            places.check("evil", f"{kept}/packs/x.pack")
        assert places.why_kept(f"{kept}s/x") == ""
    with pytest.raises(EnvironmentFailure, match="kept for pip-sync itself"):
        Places(scheme, [str(environment.site / "cache")]).check_plain("evil", scheme.purelib, ["a.py", "cache/x"])
    assert Places(scheme, [scheme.data]).why_kept(f"{scheme.data}/share/x") == "", "a cache that is the environment"


def test_the_systems_own_files_are_not_replaced(environment: Environment) -> None:
    """Where Python is the system's, files beside its modules that no package owns may be anybody's."""
    (environment.root / "etc").mkdir()
    (environment.root / "etc" / "passwd").write_text("root")
    wheel = make_wheel("evil", "1.0", files={"evil-1.0.data/data/etc/passwd": "x"})
    base = environment._replace(interpreter=environment.interpreter._replace(base_prefix=environment.root))
    with pytest.raises(EnvironmentFailure, match="may be the system's"):
        base.change(wheel)
    assert (environment.root / "etc" / "passwd").read_text() == "root"
    assert environment.change(wheel).overwritten == (str(environment.root / "etc" / "passwd"),)


def record(environment: Environment, name: str, *paths: str) -> None:
    """Have an installed distribution record more files, as one does that another tool has installed."""
    info = environment.site / f"{name}-1.0.dist-info" / "RECORD"
    info.write_text(info.read_text() + render_record(RecordLine(path) for path in paths))


UP = "../../.."
TEMPTING = [
    f"{UP}/pyvenv.cfg",
    f"{UP}/conda-meta/history",
    f"{UP}/bin/python",
    f"{UP}/bin/{PYTHON}",
    f"{UP}/bin/activate",
    f"{UP}/lib64/{PYTHON}/site-packages/victim/__init__.py",
    "victim-1.0.dist-info/RECORD",
    "victim-1.0.dist-info/INSTALLER",
    f"{UP}/lib64/{PYTHON}/site-packages/victim-1.0.dist-info/METADATA",
    "victim/../victim_script.py",
]


@pytest.mark.parametrize("path", TEMPTING)
def test_what_belongs_to_something_else_is_not_removed(path: str, environment: Environment) -> None:
    for name in ("bin/activate", "conda-meta/history"):
        if path == f"{UP}/{name}":
            (environment.root / name).parent.mkdir(exist_ok=True)
            (environment.root / name).write_text("mine")
    before = snapshot(environment.root)
    environment.change(make_wheel("evil", "1.0"))
    record(environment, "evil", path)
    environment.change(remove=["evil"])
    assert snapshot(environment.root) == before


FOLDERS = [
    "victim",
    "victim-1.0.dist-info",
    "victim/",
    f"{UP}/bin",
    f"{UP}/include",
    f"{UP}/lib64/{PYTHON}/site-packages/victim",
    f"{UP}/lib/{PYTHON}/site-packages",
    f"{UP}/lib",
    UP,
]


@pytest.mark.parametrize("path", FOLDERS)
def test_a_folder_does_not_go_because_it_was_recorded(path: str, environment: Environment) -> None:
    """Whatever is in it would go as well: all of another distribution, or the interpreter."""
    before = snapshot(environment.root)
    environment.change(make_wheel("evil", "1.0"))
    record(environment, "evil", path)
    environment.change(remove=["evil"])
    assert snapshot(environment.root) == before


def test_what_is_spared_is_told(environment: Environment) -> None:
    environment.change(make_wheel("evil", "1.0"))
    record(environment, "evil", f"{UP}/pyvenv.cfg")
    assert environment.change(remove=["evil"]).spared == (str(environment.root / "pyvenv.cfg"),)


def test_nothing_is_removed_through_a_link_among_modules(environment: Environment) -> None:
    (environment.site / "alias").symlink_to("victim")
    (environment.site / "victim" / "mine.txt").write_text("precious")
    environment.change(make_wheel("evil", "1.0"))
    record(environment, "evil", "alias/mine.txt")
    environment.change(remove=["evil"])
    assert (environment.site / "victim" / "mine.txt").read_text() == "precious"


def test_of_metadata_that_a_link_leads_to_the_link_goes(environment: Environment, tmp_path: Path) -> None:
    """Else the distribution would be there for ever: removed by each sync, and found by the next."""
    before = snapshot(environment.root)
    environment.change(make_wheel("evil", "1.0"))
    info = environment.site / "evil-1.0.dist-info"
    info.rename(tmp_path / "elsewhere")
    info.symlink_to(tmp_path / "elsewhere")
    environment.change(remove=["evil"])
    assert snapshot(environment.root) == before
    assert (tmp_path / "elsewhere" / "METADATA").exists()


def test_compiled_modules_are_not_looked_for_through_a_link(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "compiled").mkdir()
    (tmp_path / "compiled" / f"evil.{sys.implementation.cache_tag}.pyc").write_text("precious")
    environment.change(make_wheel("evil", "1.0", files={"evil/evil.py": ""}))
    (environment.site / "evil" / "__pycache__").symlink_to(tmp_path / "compiled")
    environment.change(remove=["evil"])
    assert len(list((tmp_path / "compiled").iterdir())) == 1


@pytest.mark.parametrize("stays", [True, False])
def test_a_forged_list_of_files_is_not_followed(environment: Environment, *, stays: bool) -> None:
    """Another tool installed a wheel that holds the metadata of a second distribution, with a list of its own."""
    environment.change(make_wheel("evil", "1.0"))
    info = environment.site / "other.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Name: other\nVersion: 1.0\n")
    (environment.root / "mine.txt").write_text("precious")
    (info / "installed-files.txt").write_text(f"../{UP}/mine.txt\n")
    record(environment, "evil", "other.egg-info/installed-files.txt", "other.egg-info/PKG-INFO")
    if stays:
        with pytest.raises(EnvironmentFailure, match="What tells of other was installed by evil"):
            environment.change(remove=["other"])
    else:
        environment.change(remove=["other", "evil"])
        assert environment.names() == ["victim==1.0"]
        assert not info.exists()
    assert (environment.root / "mine.txt").read_text() == "precious"


def members(*paths: str) -> list[Member]:
    infos = [f"evil-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")]
    return [Member(path, 0, False) for path in [*infos, *paths]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.py", "A.py"),
        ("\u00e9.py", "e\u0301.py"),
        ("\u00c9.py", "e\u0301.py"),
        ("ss.py", "\u00df.py"),
        ("\ufb01.py", "fi.py"),
    ],
)
def test_names_that_some_file_system_takes_for_the_same_are_refused(first: str, second: str) -> None:
    with pytest.raises(WheelFault, match=r"in case only|in the form of its characters only"):
        check_members("evil-1.0-py3-none-any.whl", members(first, second))
    check_members("evil-1.0-py3-none-any.whl", members(first, second), relaxed=True)


@pytest.mark.parametrize(
    "path", ["victim/__pycache__/__init__.cpython-312.pyc", "__pycache__/victim.cpython-312.opt-1.PYC"]
)
def test_a_compiled_module_comes_with_its_source(path: str) -> None:
    with pytest.raises(WheelFault, match="compiled from a source that is not in it"):
        check_members("evil-1.0-py3-none-any.whl", members(path))
    source = path.replace("__pycache__/", "").partition(".")[0] + ".py"
    check_members("evil-1.0-py3-none-any.whl", members(path, source))


@pytest.mark.parametrize(
    "name", ["python.", "python3.12.exe", "pypy3", "graalpy", "PYTHONW.EXE", "python3.13t", "x._pth"]
)
def test_scripts_that_would_start_python(name: str) -> None:
    with pytest.raises(WheelFault, match=r"may not be named|no name for a script"):
        check_members("evil-1.0-py3-none-any.whl", members(f"evil-1.0.data/scripts/{name}"))


@pytest.mark.parametrize(
    "name", ["python-config", "ipython3", "pythonpy", "run.sh", "pip-review", "activate-global-python"]
)
def test_scripts_that_only_sound_like_it(name: str) -> None:
    check_members("evil-1.0-py3-none-any.whl", members(f"evil-1.0.data/scripts/{name}"))


def test_a_file_is_owned_under_every_spelling_of_its_file_system(environment: Environment) -> None:
    """Hard links stand for a file system that does not tell letter case: the same file under another name."""
    os.link(environment.site / "victim_script.py", environment.site / "VICTIM_SCRIPT.py")
    refused(environment, {"VICTIM_SCRIPT.py": "EVIL = 1\n"}, "evil and victim both install the file")


@pytest.fixture
def folding(environment: Environment) -> Places:
    """The places of an environment on a file system to which letter case makes no difference."""
    return Places(
        scheme_of(environment.interpreter),
        [str(environment.root / "var" / "cache")],
        lambda first, second: folded(first) == folded(second),
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"LIB/{PYTHON}/os.py", "among the modules of Python"),
        (f"LIB/{PYTHON}/site-packages/other.egg-link", "what tells of a distribution"),
        (f"Lib/{PYTHON.upper()}/site-packages/victim-1.0.dist-info/RECORD", "what tells of a distribution"),
        ("BIN/python", "it starts Python"),
        ("Var/CACHE/packs/x.pack", "kept for pip-sync itself"),
    ],
)
def test_a_folder_in_another_case_is_no_other_place(
    path: str, words: str, folding: Places, environment: Environment
) -> None:
    with pytest.raises(EnvironmentFailure, match=words):
        folding.check("evil", folding.resolve(f"{environment.root}/{path}"))
    Places(scheme_of(environment.interpreter)).check("evil", f"{environment.root}/{path}")  # where it is another


def test_nor_for_what_was_recorded_or_starts_with_python(folding: Places, environment: Environment) -> None:
    root = environment.root
    assert folding.real(f"{root}/BIN/python") == f"{root}/bin/python"
    assert folding.is_in_site(folding.resolve(f"{root}/LIB/{PYTHON}/SITE-packages/evil.pth"))
    assert folding.resolve(f"{root}/LIB/{PYTHON}/site-packages/Pkg/a.py") == f"{environment.site}/Pkg/a.py"


def test_of_two_that_own_the_same_files_each_record_is_read_once(environment: Environment) -> None:
    """Another tool installed the same files for a second distribution; for each of them all its lines were read."""
    files = {f"shared/m{number}.py": "" for number in range(400)}
    environment.change(make_wheel("one", "1.0", files=files))
    staging = Staging(
        str(environment.root / "area"),
        scheme_of(environment.interpreter),
        places := Places(scheme_of(environment.interpreter)),
        lambda: Owners(counted, places),
    )
    counted = [Counted(each) for each in environment.installed()]
    two = environment.prepare(make_wheel("two", "1.0", files=files))
    pack = environment.cache.open(two.sha256)
    assert pack is not None
    with pack:
        staging.add(pack, two.origin)
    assert sum(each.times for each in counted) <= 2 * len(counted)


class Counted(Distribution):
    """A distribution that counts how often its RECORD is parsed."""

    def __init__(self, of: Distribution) -> None:
        super().__init__(of.name, of.version, of.info)
        self.times = 0

    @property
    def record(self) -> list[RecordLine] | None:
        self.times += 1
        return super().record


@pytest.mark.parametrize(("first", "fits"), [(b"#!python\n", False), (b"#!/bin/sh", True)])
def test_a_script_is_held_in_memory_only_if_it_is_small(first: bytes, environment: Environment, *, fits: bool) -> None:
    script = (first + b"\n" * (MAX_SCRIPT + 1)).decode()
    wheel = make_wheel("evil", "1.0", files={"evil-1.0.data/scripts/large": script})
    if fits:
        environment.change(wheel)
        assert (environment.root / "bin" / "large").stat().st_mode & 0o111
    else:
        with pytest.raises(EnvironmentFailure, match="is larger than 16 MiB"):
            environment.change(wheel)
