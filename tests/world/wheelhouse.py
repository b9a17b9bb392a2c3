"""Wheels of what is installed here, so that the real tools find what they install without a network.

An installed distribution is packed into a wheel again from its RECORD; the project itself is built.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.support.packages import EPOCH, Package, make_wheel

ROOT = Path(__file__).parents[2]
PROJECT = "piptools-clone"
WRITTEN_BY_INSTALLERS = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD")
# What the examples ask for beyond what the tests need themselves.
STUBS = (
    make_wheel("flask", "3.0.0"),
    make_wheel("flask", "3.1.0", requires=["click"]),
    make_wheel("django", "5.1.0"),
    make_wheel("django", "5.2.0"),
    make_wheel("gunicorn", "23.0.0", requires=["packaging"]),
)


def pack_wheelhouse(folder: Path) -> list[Package]:
    """The project, what it and its build need, what the examples need: installed ones as they are, others as stubs."""
    installed = closure([PROJECT, "hatchling", "pytest", "idna", "tomli-w"])
    packed = [pack(found) for found in installed if name_of(found) != PROJECT]
    return [*packed, *STUBS, build_project(folder)]


def closure(names: Iterable[str]) -> list[Distribution]:
    """The installed distributions of these names and of all that they require here."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            waiting += required(found[name])
    return [found[name] for name in sorted(found)]


def required(found: Distribution) -> Iterator[str]:
    """The names that a distribution requires, without extras, in the running interpreter."""
    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonical(requirement.name)


def canonical(name: str) -> str:
    """The name as an index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(found: Distribution) -> str:
    """The name of a distribution as an index spells it."""
    return canonical(found.metadata["Name"])


def pack(found: Distribution) -> Package:
    """Make a wheel of an installed distribution; scripts are left to the installer of that wheel."""
    stem = f"{name_of(found).replace('-', '_')}-{found.version}"
    tags = re.findall(r"^Tag: (.+)$", found.read_text("WHEEL") or "", re.MULTILINE)
    contents = dict(_contents(found))
    info = next(path.partition("/")[0] for path in contents if path.endswith(".dist-info/METADATA"))
    contents = {path.replace(info, f"{stem}.dist-info", 1): data for path, data in contents.items()}
    contents[f"{stem}.dist-info/RECORD"] = _record(contents, f"{stem}.dist-info/RECORD")
    metadata = contents[f"{stem}.dist-info/METADATA"]
    return Package(f"{stem}-{tags[0]}.whl", _zip(contents), metadata, found.metadata.get("Requires-Python"))


def _contents(found: Distribution) -> Iterator[tuple[str, bytes]]:
    for path in found.files or ():
        text = path.as_posix()
        compiled = "__pycache__" in path.parts or path.suffix == ".pyc"  # some RECORDs name the folder
        ours = ".dist-info/" in text and path.name in WRITTEN_BY_INSTALLERS
        if not (text.startswith("../") or compiled or ours):
            yield text, path.read_binary()


def _record(contents: Mapping[str, bytes], own: str) -> bytes:
    digests = {path: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for path, data in contents.items()}
    lines = [f"{path},sha256={digest.rstrip(b'=').decode()},{len(contents[path])}" for path, digest in digests.items()]
    return "\n".join([*lines, f"{own},,\n"]).encode()


def _zip(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), data)
    return buffer.getvalue()


def build_project(folder: Path) -> Package:
    """Build the wheel of the project from a copy of its checkout."""
    return build_wheel(copy_checkout(folder / "source"), folder)


def build_shim(folder: Path) -> Package:
    """Build the wheel that holds the module name of pip-tools."""
    source = shutil.copytree(ROOT / "shim", folder / "shim", ignore=shutil.ignore_patterns("__pycache__"))
    return build_wheel(source, folder / "of-shim")


def build_wheel(source: Path, folder: Path) -> Package:
    """Build the wheel of a project in a folder of its own."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = (folder / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata)
    return Package(wheel.name, wheel.read_bytes(), text, ">=3.11")


def copy_checkout(target: Path) -> Path:
    """Copy what an installation from the checkout reads, and return the copy."""
    names = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".pre-commit-hooks.yaml", "tox.ini")
    target.mkdir(parents=True)
    for name in names:
        shutil.copy(ROOT / name, target / name)
    for name in ("piptools_clone", "examples"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target
