"""Small indexes with one question each, for comparing our choice with pip's.

Every universe has package names of its own (they begin with its name), so that one index holds many and one run of
pip answers many at once.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from tests.support.packages import Package, make_sdist, make_wheel
from tests.support.simple_index import SimpleIndex

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
NEXT = f"{sys.version_info.major}.{sys.version_info.minor + 1}"


class Release(NamedTuple):
    """A file on the index; ``yanked`` is the reason, None where it is in good standing."""

    package: Package
    yanked: str | None = None


class Universe(NamedTuple):
    """Some releases and some lines of a requirements file; ``{}`` in both stands for the universe's name.

    ``options`` are of the command line of both, so that only universes with the same options are asked together.
    """

    name: str
    releases: tuple[Release, ...]
    wanted: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def offer(self, index: SimpleIndex) -> None:
        """Put the releases on an index."""
        for release in self.releases:
            index.add(release.package, yanked=release.yanked)


def wheel(name: str, version: str, *requires: str, yanked: str | None = None, **facts: object) -> Release:
    return Release(make_wheel(name, version, requires=requires, **facts), yanked)  # type: ignore[arg-type] # passed on


def sdist(name: str, version: str, *requires: str, **facts: object) -> Release:
    return Release(make_sdist(name, version, requires=requires, static=True, **facts))


def universe(
    name: str,
    *releases: Release,
    wanted: str,
    constraints: str = "",
    options: tuple[str, ...] = (),
) -> Universe:
    lines, limits = wanted.split("\n"), constraints.split("\n") if constraints else []
    return Universe(name, releases, tuple(lines), tuple(limits), options)


NO_BINARY = ("--no-binary", "nobin-a,nobin-b")

UNIVERSES = (
    universe("new", wheel("new-a", "1.0"), wheel("new-a", "1.10"), wheel("new-a", "1.9"), wanted="new-a"),
    universe(
        "extra",
        wheel("extra-a", "1.0", 'extra-b>=2; extra == "two"', 'extra-b<2; extra == "one"', extras=["one", "two"]),
        *(wheel("extra-b", version) for version in ("1.0", "2.0", "3.0")),
        wanted="extra-a[one]",
    ),
    universe(
        "self",
        wheel(
            "self-a",
            "1.0",
            'self-a[x,y]; extra == "all"',
            'self-b==1.0; extra == "x"',
            'self-c; extra == "y"',
            extras=["all", "x", "y"],
        ),
        *(wheel(name, version) for name in ("self-b", "self-c") for version in ("1.0", "2.0")),
        wanted="self-a[all]",
    ),
    universe(
        "unknown-extra",
        wheel("unknown-extra-a", "2.0", "unknown-extra-b"),
        wheel("unknown-extra-b", "1.0"),
        wanted="unknown-extra-a[nothing]",
    ),
    universe(
        "marker",
        wheel("marker-a", "1.0", 'marker-b<2; python_version>="3"', 'marker-c; sys_platform=="never"'),
        *(wheel("marker-b", version) for version in ("1.0", "2.0")),
        wheel("marker-c", "1.0"),
        wanted='marker-a; python_version>="3.1"\nmarker-c; os_name=="never"',
    ),
    universe(
        "limit",
        wheel("limit-a", "1.0", "limit-b"),
        *(wheel("limit-b", version) for version in ("1.0", "2.0", "3.0")),
        wanted="limit-a",
        constraints="limit-b<3\nlimit-unused==7",
    ),
    universe("pre", *(wheel("pre-a", version) for version in ("1.0", "1.1", "2.0rc1", "2.1.dev1")), wanted="pre-a"),
    universe("only-pre", *(wheel("only-pre-a", version) for version in ("1.0a1", "1.0b2")), wanted="only-pre-a"),
    universe(
        "asked-pre",
        *(wheel("asked-pre-a", version) for version in ("1.0", "2.0rc1", "2.0rc2")),
        wanted="asked-pre-a>=2.0rc1",
    ),
    universe(
        "fallback-pre",
        *(wheel("fallback-pre-a", version) for version in ("1.0", "2.0rc1")),
        wanted="fallback-pre-a>1.0",
    ),
    universe(
        "limit-pre",
        *(wheel("limit-pre-a", version) for version in ("1.0", "2.0rc1")),
        wanted="limit-pre-a",
        constraints="limit-pre-a>=1.0rc1",
    ),
    universe(
        "yanked",
        wheel("yanked-a", "1.0"),
        wheel("yanked-a", "1.1", yanked=""),
        wheel("yanked-a", "1.2", yanked="broken"),
        wanted="yanked-a",
    ),
    universe(
        "pinned-yanked",
        wheel("pinned-yanked-a", "1.0"),
        wheel("pinned-yanked-a", "1.1", yanked="broken"),
        wanted="pinned-yanked-a==1.1",
    ),
    universe(
        "local",
        *(wheel("local-a", version) for version in ("1.0", "1.0+cpu", "0.9+zz")),
        *(wheel("local-b", version) for version in ("1.0", "1.0+cpu", "1.0+gpu")),
        wanted="local-a==1.0\nlocal-b==1.0+cpu",
    ),
    universe("local-new", *(wheel("local-new-a", version) for version in ("1.0", "1.0+cpu")), wanted="local-new-a"),
    universe("epoch", *(wheel("epoch-a", version) for version in ("2024.1", "1!1.0", "1!0.5")), wanted="epoch-a"),
    universe(
        "old-epoch", *(wheel("old-epoch-a", version) for version in ("2024.1", "1!1.0")), wanted="old-epoch-a<1!0"
    ),
    universe(
        "wildcard",
        *(wheel("wildcard-a", version) for version in ("1.1", "1.2", "1.2.5", "1.20", "1.3")),
        wanted="wildcard-a==1.2.*",
    ),
    universe(
        "not-wildcard",
        *(wheel("not-wildcard-a", version) for version in ("1.1", "1.2", "1.2.5", "1.2.post1")),
        wanted="not-wildcard-a!=1.2.*",
    ),
    universe("exactly", *(wheel("exactly-a", version) for version in ("1.0", "2.0")), wanted="exactly-a===1.0"),
    universe("zeros", wheel("zeros-a", "1.0"), wheel("zeros-a", "1.1"), wanted="zeros-a==1.0.0.0"),
    universe(
        "post",
        *(wheel("post-a", version) for version in ("1.0", "1.0.post1", "1.0.post2")),
        *(wheel("post-b", version) for version in ("1.0", "1.0.post1", "1.1")),
        *(wheel("post-c", version) for version in ("1.0", "1.0.post1")),
        wanted="post-a\npost-b>1.0\npost-c<=1.0",
    ),
    universe(
        "compatible",
        *(wheel("compatible-a", version) for version in ("1.4", "1.4.5", "1.5", "2.0")),
        wanted="compatible-a~=1.4.2",
    ),
    universe(
        "back",
        wheel("back-a", "1.0", "back-c"),
        wheel("back-a", "2.0", "back-c>=2"),
        wheel("back-b", "1.0", "back-c<2"),
        *(wheel("back-c", version) for version in ("1.0", "1.5", "2.0")),
        wanted="back-a\nback-b==1.0",
    ),
    universe(
        "dead-end",
        wheel("dead-end-a", "2.0", "dead-end-b==2.0"),
        wheel("dead-end-a", "1.0", "dead-end-b==1.0"),
        wheel("dead-end-b", "2.0", "dead-end-nobody"),
        wheel("dead-end-b", "1.0"),
        wanted="dead-end-a",
    ),
    universe(
        "python",
        wheel("python-a", "1.0", requires_python=f">={HERE}"),
        wheel("python-a", "2.0", requires_python=f">={NEXT}"),
        wheel("python-a", "3.0", requires_python="<3"),
        wanted="python-a",
    ),
    universe(
        "tags",
        wheel("tags-a", "1.0"),
        wheel("tags-a", "2.0", tag="cp27-none-win32"),
        wheel("tags-b", "1.0", tag="py2.py3-none-any"),
        wheel("tags-b", "1.1", tag="py2-none-any"),
        wanted="tags-a\ntags-b",
    ),
    universe(
        "names",
        wheel("Names_A.b", "1.0", "NAMES..c>=1", filename="names_a_b-1.0-py3-none-any.whl"),
        wheel("names-c", "1.0"),
        wanted="names-a_B",
    ),
    universe(
        "sdist", sdist("sdist-a", "2.0", "sdist-b"), wheel("sdist-a", "1.0"), wheel("sdist-b", "1.0"), wanted="sdist-a"
    ),
    universe(
        "cycle",
        wheel("cycle-a", "1.0", "cycle-b"),
        wheel("cycle-b", "1.0", "cycle-a"),
        wanted="cycle-b",
    ),
    universe(
        "build-tag",
        wheel("build-tag-a", "1.0", "build-tag-b", build="1"),
        wheel("build-tag-a", "1.0", "build-tag-c", build="2"),
        *(wheel(name, "1.0") for name in ("build-tag-b", "build-tag-c")),
        wanted="build-tag-a",
    ),
    universe(
        "both",
        sdist("both-a", "1.0", "both-b"),
        wheel("both-a", "1.0", "both-c"),
        *(wheel(name, "1.0") for name in ("both-b", "both-c")),
        wanted="both-a",
    ),
    universe(
        "arbitrary",
        wheel("arbitrary-a", "1.0", "arbitrary-b (>=1,<2)"),
        *(wheel("arbitrary-b", version) for version in ("1.0", "1.9", "2.0")),
        wanted="arbitrary-a",
    ),
    universe(
        "all-pre",
        *(wheel("all-pre-a", version) for version in ("1.0", "2.0rc1", "2.1.dev1")),
        wanted="all-pre-a",
        options=("--pre",),
    ),
    universe(
        "binary",
        sdist("binary-a", "2.0"),
        wheel("binary-a", "1.0"),
        wheel("binary-a", "0.5"),
        sdist("binary-b", "1.0"),
        wanted="binary-a\nbinary-b",
        options=("--prefer-binary",),
    ),
    universe(
        "only-binary",
        sdist("only-binary-a", "2.0"),
        wheel("only-binary-a", "1.0"),
        wanted="only-binary-a",
        options=("--only-binary", ":all:"),
    ),
    universe(
        "nobin",
        wheel("nobin-a", "2.0"),
        sdist("nobin-a", "1.0", "nobin-b"),
        sdist("nobin-b", "1.0"),
        wheel("nobin-b", "1.0", "nobin-c"),
        wanted="nobin-a",
        options=NO_BINARY,
    ),
)
