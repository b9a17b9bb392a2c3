"""Wheels, source distributions and project folders made on the fly, with the same bytes every time.

Every source carries its own build backend (``backend_path``), so that building one needs no index
and no network.  Examples::

    make_wheel("a", "1.0", requires=["b>=2"])            # a Package: filename, data, metadata
    make_sdist("a", "1.0", static=True)                  # PKG-INFO 2.2: no build needed (PEP 643)
    write_project(tmp_path / "a", "a", "1.0")            # a folder that pip can build or install with -e
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

EPOCH = (1980, 1, 1, 0, 0, 0)

BACKEND = '''\
"""A PEP 517 and PEP 660 build backend of one file: what it builds is written in backend.json."""
import base64, hashlib, json, os, sys, zipfile

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "backend.json"), encoding="utf-8") as file:
    FACTS = json.load(file)
if FACTS["fails"]:
    print(FACTS["fails"], file=sys.stderr)
    sys.exit(1)
INFO = FACTS["stem"] + ".dist-info"

def _texts(editable):
    texts = {INFO + "/METADATA": FACTS["metadata"],
             INFO + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    if FACTS["entry_points"]:
        texts[INFO + "/entry_points.txt"] = FACTS["entry_points"]
    if editable:
        texts["__editable__." + FACTS["stem"] + ".pth"] = os.getcwd() + "\\n"
    else:
        for path in FACTS["modules"]:
            with open(path, encoding="utf-8") as file:
                texts[path] = file.read()
    return texts

def _wheel(folder, editable):
    filename = FACTS["stem"] + "-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as archive:
        for path, text in _texts(editable).items():
            data = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
            archive.writestr(path, data)
        archive.writestr(INFO + "/RECORD", "\\n".join(record + [INFO + "/RECORD,,"]) + "\\n")
    return filename

def _metadata(folder, editable):
    os.makedirs(os.path.join(folder, INFO))
    for path, text in _texts(editable).items():
        if path.startswith(INFO):
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
    return INFO

def get_requires_for_build_wheel(config_settings=None):
    return FACTS["build_requires"]

get_requires_for_build_editable = get_requires_for_build_wheel

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, False)

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, True)

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    return _metadata(folder, False)

def prepare_metadata_for_build_editable(folder, config_settings=None):
    return _metadata(folder, True)
'''
EARS = """
def _setting(settings, key):
    found = (settings or {}).get(key, [])
    return [found] if isinstance(found, str) else found

def get_requires_for_build_wheel(config_settings=None):
    return FACTS["build_requires"] + _setting(config_settings, "build-needs")

def prepare_metadata_for_build_wheel(folder, config_settings=None, editable=False):
    lines = "".join("Requires-Dist: " + name + "\\n" for name in _setting(config_settings, "needs"))
    FACTS["metadata"] = FACTS["metadata"].replace("Name:", lines + "Name:", 1)
    return _metadata(folder, editable)

def prepare_metadata_for_build_editable(folder, config_settings=None):
    return prepare_metadata_for_build_wheel(folder, config_settings, True)
"""
"""What a backend needs besides to take the settings "needs" and "build-needs": more requirements, and for the build."""


class Package(NamedTuple):
    """A distribution file: ``metadata`` is what a sidecar of it holds, None for a source distribution."""

    filename: str
    data: bytes
    metadata: bytes | None = None
    requires_python: str | None = None

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()

    def write(self, folder: Path) -> Path:
        """Write the file into a folder, which is made when it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        path.write_bytes(self.data)
        return path


def metadata_text(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    metadata_version: str = "2.1",
    dynamic: Sequence[str] = (),
) -> str:
    """Core metadata as a METADATA or PKG-INFO file spells it."""
    lines = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    lines += [f"Dynamic: {field}" for field in dynamic]
    lines += [f"Requires-Python: {requires_python}"] if requires_python is not None else []
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join([*lines, "", f"The description of {name}.", ""])


def escaped(name: str) -> str:
    """The spelling of a name in file names."""
    return name.replace("-", "_")


def make_wheel(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    tag: str = "py3-none-any",
    build: str = "",
    files: Mapping[str, str | bytes] | None = None,
    entry_points: str = "",
    metadata: str | bytes | None = None,
    filename: str | None = None,
    compress: bool = True,
) -> Package:
    """A wheel with a true RECORD; ``files`` are its contents (default: one module named after it).

    ``metadata`` replaces METADATA as a whole, ``filename`` the name of the file.
    """
    fields = metadata_text(name, version, requires=requires, requires_python=requires_python, extras=extras)
    stem = f"{escaped(name)}-{version}"
    info = f"{stem}.dist-info"
    text = _bytes(fields if metadata is None else metadata)
    contents: dict[str, bytes] = {
        path: _bytes(data)
        for path, data in ({f"{escaped(name)}.py": f"VERSION = {version!r}\n"} if files is None else files).items()
    }
    contents[f"{info}/METADATA"] = text
    contents[f"{info}/WHEEL"] = _wheel_file(tag, build)
    if entry_points:
        contents[f"{info}/entry_points.txt"] = entry_points.encode()
    contents[f"{info}/RECORD"] = _record(contents, f"{info}/RECORD")
    middle = f"-{build}" if build else ""
    return Package(filename or f"{stem}{middle}-{tag}.whl", _zip(contents, compress=compress), text, requires_python)


def make_sdist(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    static: bool = False,
    dynamic: Sequence[str] = (),
    pkg_info: str | None = None,
    suffix: str = ".tar.gz",
    filename: str | None = None,
    **project: Any,
) -> Package:
    """A source distribution; ``static`` gives it metadata 2.2, from which nothing needs to be built.

    ``project`` goes to `project_files`: ``fails``, ``build_requires``, ``files``, ``pyproject``.
    """
    stem = f"{escaped(name)}-{version}"
    texts = project_files(name, version, requires=requires, requires_python=requires_python, extras=extras, **project)
    fields = metadata_text(
        name,
        version,
        requires=requires if static else (),
        requires_python=requires_python,
        extras=extras if static else (),
        metadata_version="2.2" if static else "2.1",
        dynamic=dynamic,
    )
    texts["PKG-INFO"] = fields if pkg_info is None else pkg_info
    contents = {f"{stem}/{path}": text.encode() for path, text in texts.items()}
    data = _zip(contents) if suffix == ".zip" else _tar_gz(contents)
    return Package(filename or stem + suffix, data, None, requires_python)


def project_files(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    fails: str = "",
    build_requires: Sequence[str] = (),
    late_build_requires: Sequence[str] = (),
    entry_points: str = "",
    files: Mapping[str, str] | None = None,
    pyproject: str = "",
    hears_settings: bool = False,
    backend: str = BACKEND,
) -> dict[str, str]:
    """The files of a project that pip can build offline, by relative path.

    ``pyproject`` is put before the ``[build-system]`` table; give a ``[project]`` table for static
    metadata.  With ``fails`` every build prints that text and exits 1; with ``hears_settings`` see `EARS`;
    ``backend`` is the text of another one.
    """
    modules = {f"{escaped(name)}.py": f"VERSION = {version!r}\n"} if files is None else dict(files)
    fields = metadata_text(name, version, requires=requires, requires_python=requires_python, extras=extras)
    facts = {
        "stem": f"{escaped(name)}-{version}",
        "metadata": fields,
        "fails": fails,
        "entry_points": entry_points,
        "modules": list(modules),
        "build_requires": list(late_build_requires),
    }
    return modules | {
        "backend.json": json.dumps(facts, indent=1),
        "own_backend.py": backend + EARS if hears_settings else backend,
        "pyproject.toml": f"{pyproject}\n[build-system]\nrequires = {json.dumps(list(build_requires))}\n"
        'build-backend = "own_backend"\nbackend-path = ["."]\n',
    }


def write_project(folder: Path, name: str, version: str, **facts: Any) -> Path:
    """Write `project_files` into a folder and return it."""
    for path, text in project_files(name, version, **facts).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _wheel_file(tag: str, build: str) -> bytes:
    pythons, abis, platforms = tag.split("-")
    tags = [f"{p}-{a}-{x}" for p in pythons.split(".") for a in abis.split(".") for x in platforms.split(".")]
    lines = ["Wheel-Version: 1.0", "Generator: tests", "Root-Is-Purelib: true"]
    lines += [f"Build: {build}"] if build else []
    return ("\n".join(lines + [f"Tag: {tag}" for tag in tags]) + "\n").encode()


def _record(contents: Mapping[str, bytes], own: str) -> bytes:
    lines = []
    for path, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}")
    return ("\n".join([*lines, f"{own},,"]) + "\n").encode()


def _zip(contents: Mapping[str, bytes], *, compress: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for path, data in contents.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = archive.compression
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _tar_gz(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, data in contents.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
