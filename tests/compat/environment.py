"""Virtual environments for the sync cases, filled by hand, so that no installer has a say."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.support.packages import Package

BASE = frozenset({"pip", "setuptools", "wheel"})  # what `python -m venv` may put there


class Installed(NamedTuple):
    """A wheel to unpack; ``direct_url`` is the text of direct_url.json, if there is to be one."""

    package: Package
    direct_url: str = ""


def make_environment(folder: Path, installed: Iterable[Installed], *, with_pip: bool) -> Path:
    """Make an environment and return its interpreter."""
    options = [] if with_pip else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *options, folder], check=True, capture_output=True)
    for item in installed:
        install(site_packages(folder), item)
    return folder / "bin" / "python"


def site_packages(folder: Path) -> Path:
    """The folder of an environment that distributions are in."""
    return next((folder / "lib").glob("python3.*")) / "site-packages"


def install(site: Path, item: Installed) -> None:
    """Unpack a wheel, with the files that an installer adds."""
    with zipfile.ZipFile(io.BytesIO(item.package.data)) as archive:
        archive.extractall(site)
        record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
    info = (site / record).parent
    added = {"INSTALLER": "pip\n"} | ({"direct_url.json": item.direct_url} if item.direct_url else {})
    for name, text in added.items():
        (info / name).write_text(text)
    with (site / record).open("a") as file:
        file.writelines(f"{info.name}/{name},,\n" for name in added)


def read_environment(python: Path) -> tuple[str, ...]:
    """What is installed beside the base, as sorted ``name==version``."""
    folders = (path.name.removesuffix(".dist-info") for path in site_packages(python.parent.parent).glob("*.dist-info"))
    found = (name.rpartition("-") for name in folders)
    return tuple(sorted(f"{name}=={version}" for name, _, version in found if name not in BASE))
