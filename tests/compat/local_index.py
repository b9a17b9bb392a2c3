"""The small index of the compatibility cases, called LW: as a folder of wheels, and over HTTP.

The files hold nothing compressed, so their digests are the same with every zlib, and expectations with
hashes can be stored.
"""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

from tests.support.index_pages import PageStyle
from tests.support.packages import EPOCH, Package, make_sdist, make_wheel
from tests.support.simple_index import SimpleIndex

MULTI_TAGS = ("cp311-abi3-manylinux_2_17_x86_64", "cp311-abi3-win32", "cp311-abi3-macosx_11_0_universal2")


def wheel(name: str, version: str, *requires: str, **facts: object) -> Package:
    """A wheel without compression; ``requires`` are its dependencies."""
    return make_wheel(name, version, requires=requires, compress=False, **facts)  # type: ignore[arg-type]  # passed on


def sdist(name: str, version: str, *requires: str, **facts: object) -> Package:
    """A source distribution without compression, hence a zip archive."""
    made = make_sdist(name, version, requires=requires, suffix=".zip", **facts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made.data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            info = zipfile.ZipInfo(entry.filename, EPOCH)
            info.external_attr = entry.external_attr
            new.writestr(info, old.read(entry))
    return made._replace(data=buffer.getvalue())


@cache
def packages() -> tuple[Package, ...]:
    """Every file of the folder."""
    return (
        wheel("alpha", "1.0"),
        wheel("alpha", "1.1"),
        wheel("alpha", "2.0b1"),
        wheel("beta", "1.0"),
        wheel("beta", "1.1"),
        wheel("beta", "1.2"),
        wheel("gamma", "1.0", "alpha==1.0"),
        wheel("delta", "1.0", "alpha", "beta"),
        wheel("epsilon", "1.0", "delta"),
        *(wheel("multi", "1.0", tag=tag) for tag in MULTI_TAGS),
        sdist("multi", "1.0"),
        wheel("exo", "1.0", 'alpha==1.0; extra == "one"', 'beta==1.0; extra == "Two_B"', extras=["one", "Two_B"]),
        wheel("pp", "1.0", "k==0"),
        wheel("pp", "2.0", "m>=2"),
        wheel("m", "1"),
        wheel("m", "2"),
        wheel("k", "1"),
        wheel("loc", "1.0"),
        wheel("loc", "1.0+cpu"),
        wheel("setuptools", "70.0"),
        # Beyond the listed ones: a user of setuptools, and a name to normalise.
        wheel("needs_setuptools", "1.0", "setuptools"),
        wheel("Zope.Interface", "6.0", filename="zope_interface-6.0-py3-none-any.whl"),
    )


def write_folder(folder: Path) -> None:
    """Write LW into a folder."""
    for package in packages():
        package.write(folder)


def serve(formats: tuple[str, ...] = ("json", "html"), style: PageStyle | None = None) -> SimpleIndex:
    """LW over HTTP, with one project more: ``yank``, of which 1.1 is yanked."""
    index = SimpleIndex(formats=formats, style=style)
    for package in packages():
        index.add(package)
    index.add(wheel("yank", "1.0"))
    index.add(wheel("yank", "1.1"), yanked="broken")
    return index
