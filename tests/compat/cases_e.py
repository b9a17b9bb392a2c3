"""Hashes, URLs, paths."""

from __future__ import annotations

from tests.compat.arguments import BODY
from tests.compat.case import Case
from tests.compat.cases_c import FILE
from tests.compat.local_index import packages, wheel
from tests.support.packages import project_files

HASHED = ("--generate-hashes",)
OVER_HTTP = ("-q", "--no-header", "--no-emit-options", "--strip-extras", "-i", "<http>/simple", "-o", "-")
REBUILT = wheel("alpha", "1.1", build="1")


def digests(prefix: str) -> list[str]:
    """The sorted sha256 of the files of LW whose names begin so."""
    return sorted(package.sha256 for package in packages() if package.filename.startswith(prefix))


def pin(line: str, hashes: list[str], via: str) -> str:
    """A line of a lock with its hashes and its annotation."""
    return " \\\n".join([line, *(f"    --hash=sha256:{digest}" for digest in hashes)]) + f"\n    # via {via}\n"


def project(folder: str, name: str, *requires: str) -> dict[str, str]:
    """The files of a project that is built without an index."""
    return {f"{folder}/{path}": text for path, text in project_files(name, "1.0", requires=requires).items()}


#: A lock whose multi was hashed before its last file appeared on the index.
EARLIER = pin("multi==1.0", digests("multi")[:3], "-r r.in")
PROJ = project("pkg", "proj", "beta<1.2")
REPOSITORY = project(".", "proj", "alpha")
FROM_GIT = (
    "exit 0\n--- stdout\nalpha==1.1\n    # via proj\nproj @ git+file://<root>/repository@main\n    # via -r r.in\n"
)

CASES = (
    Case("076", (*BODY, *HASHED, "r.in"), {"r.in": "multi\n"}),
    Case("076-dependencies", (*BODY, *HASHED, "r.in"), {"r.in": "epsilon\n"}),
    Case("077-json", (*OVER_HTTP, *HASHED, "r.in"), {"r.in": "multi\nepsilon\n"}, formats=("json",)),
    Case("077-html", (*OVER_HTTP, *HASHED, "r.in"), {"r.in": "multi\nepsilon\n"}, formats=("html",)),
    Case("079", (*OVER_HTTP, *HASHED, "-f", "<more>", "r.in"), {"r.in": "alpha\n"}, more=(REBUILT,)),
    Case("080-kept", (*FILE, *HASHED, "r.in"), {"r.in": "multi\nalpha\n", "r.txt": EARLIER}),
    Case("080-refreshed", (*FILE, *HASHED, "--no-reuse-hashes", "r.in"), {"r.in": "multi\n", "r.txt": EARLIER}),
    Case(
        "080-upgrade",
        (*FILE, *HASHED, "-U", "r.in"),
        {"r.in": "multi\nalpha\n", "r.txt": EARLIER + pin("alpha==1.0", digests("alpha-1.0"), "-r r.in")},
        expected="exit 0\n--- file r.txt\n" + pin("alpha==1.1", digests("alpha-1.1"), "-r r.in") + EARLIER,
    ),
    Case("082", (*BODY, *HASHED, "r.in"), PROJ | {"r.in": "-e ./pkg\nalpha\n"}, stderr="lines"),
    Case(
        "082-nothing-hashed", (*BODY, *HASHED, "r.in"), project("pkg", "proj") | {"r.in": "-e ./pkg\n"}, stderr="lines"
    ),
    Case("082-without-hashes", (*BODY, "r.in"), PROJ | {"r.in": "-e ./pkg\nalpha\n"}),
    # A relative path stays as it was written; pip-tools writes it as an absolute address.
    Case(
        "083-path",
        (*BODY, "r.in"),
        PROJ | {"r.in": "./pkg\n"},
        expected="exit 0\n--- stdout\n./pkg\n    # via -r r.in\nbeta==1.1\n    # via proj\n",
    ),
    Case("083-file-relative", (*BODY, "r.in"), PROJ | {"r.in": "file:./pkg\n"}),
    Case(
        "083-file-wheel",
        (*BODY, "r.in"),
        {
            "r.in": "file:wheels/gamma-1.0-py3-none-any.whl\n",
            "wheels/gamma-1.0-py3-none-any.whl": wheel("gamma", "1.0", "alpha").data,
        },
    ),
    Case("083-url-wheel", (*BODY, *HASHED, "r.in"), {"r.in": "gamma @ file://<LW>/gamma-1.0-py3-none-any.whl\n"}),
    Case(
        "083-http-wheel", (*OVER_HTTP, *HASHED, "r.in"), {"r.in": "gamma @ <http>/files/gamma-1.0-py3-none-any.whl\n"}
    ),
    Case("083-http-unnamed", (*OVER_HTTP, "r.in"), {"r.in": "<http>/files/gamma-1.0-py3-none-any.whl\n"}),
    Case(
        "083-fragment",
        (*BODY, "r.in"),
        project("pkg/sub", "proj") | {"r.in": "proj @ file://<root>/work/pkg#subdirectory=sub&egg=proj\n"},
    ),
    Case("083-editable-egg", (*BODY, "r.in"), PROJ | {"r.in": "-e file:pkg#egg=proj\n"}),
    Case(
        "085",
        (*BODY, "r.in"),
        project("pkg", "alpha") | {"r.in": "-e ./pkg\nneeds-alpha\n"},
        more=(wheel("needs_alpha", "1.0", "alpha"),),
        env={"PIP_FIND_LINKS": "<more>"},
    ),
    # pip-tools spells these two with one slash where it runs on a Python whose urlunsplit drops the others.
    Case(
        "086",
        (*BODY, "r.in"),
        {"r.in": "proj @ git+file://<root>/repository@main\n"},
        repository=REPOSITORY,
        expected=FROM_GIT,
    ),
    Case(
        "086-egg",
        (*BODY, "r.in"),
        {"r.in": "git+file://<root>/repository@main#egg=proj\n"},
        repository=REPOSITORY,
        expected=FROM_GIT,
    ),
    Case(
        "086-editable",
        (*BODY, "r.in"),
        {"r.in": "-e git+file://<root>/repository@main#egg=proj\n"},
        repository=REPOSITORY,
    ),
)
