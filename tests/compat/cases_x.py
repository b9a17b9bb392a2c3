"""Contract beside the numbered cases."""

from __future__ import annotations

from tests.compat.arguments import AMBIENT, BODY, OFFLINE
from tests.compat.case import Case
from tests.compat.cases_b import PROJECT
from tests.compat.cases_c import FILE
from tests.compat.cases_e import HASHED, PROJ
from tests.compat.local_index import wheel

QUIET = ("-q", "--strip-extras")
ALPHA = {"r.in": "alpha\n"}
SECRET_INDEX = "http://user:secret@<host>/simple"

CASES = (
    Case("x01-all-unsafe", (*QUIET, "r.in"), {"r.in": "setuptools\n"}, env=AMBIENT),
    Case("x01-all-unsafe-hashes", (*QUIET, *HASHED, "r.in"), {"r.in": "setuptools\n"}, env=AMBIENT, stderr="lines"),
    Case("x02-nothing", (*BODY, "r.in"), {"r.in": ""}),
    Case("x02-nothing-file", (*FILE, "r.in"), {"r.in": ""}),
    Case("x02-nothing-header", (*QUIET, "r.in"), {"r.in": ""}, env=AMBIENT),
    Case(
        "x03-editable-and-hashes",
        (*FILE, *HASHED, "r.in"),
        PROJ | {"r.in": "-e ./pkg\nneeds-setuptools\n"},
        stderr="lines",
    ),
    Case("x04-unsafe-hashes", (*BODY, *HASHED, "r.in"), {"r.in": "needs-setuptools\n"}, stderr="lines"),
    Case("x04-unsafe-hashes-allowed", (*BODY, *HASHED, "--allow-unsafe", "r.in"), {"r.in": "needs-setuptools\n"}),
    Case("x04-unsafe-named-deps", (*BODY, "--unsafe-package", "delta", "r.in"), {"r.in": "epsilon\n"}),
    Case("x05-order", (*BODY, "r.in"), PROJ | {"r.in": "Zope.Interface\nexo\n-e ./pkg\nBeta\n"}),
    Case(
        "x06-via-order",
        (*BODY, "-c", "c.txt", "pyproject.toml", "r.in"),
        {"c.txt": "alpha\n", "r.in": "alpha\ngamma\n", "pyproject.toml": PROJECT},
    ),
    Case("x07-old-prerelease", (*FILE, "r.in"), ALPHA | {"r.txt": "alpha==2.0b1\n"}),
    Case("x08-pre", ("-q", "--pre", "r.in"), ALPHA, env=AMBIENT),
    Case("x08-pre-in-file", (*QUIET, "r.in"), {"r.in": "--pre\nalpha\n"}, env=AMBIENT),
    Case("x08-pre-by-specifier", (*BODY, "r.in"), {"r.in": "alpha>=2.0b1\n"}),
    Case("x11-all-extras-header", ("-q", "--all-extras", "pyproject.toml"), {"pyproject.toml": PROJECT}, env=AMBIENT),
    Case("x12-local", (*BODY, "r.in"), {"r.in": "loc\n"}),
    Case("x12-local-exact", (*BODY, "r.in"), {"r.in": "loc==1.0\n"}),
    Case("x13-yanked", ("-q", "--strip-extras", "-i", "<http>/simple", "r.in"), {"r.in": "yank\n"}),
    Case("x13-yanked-exact", ("-q", "--strip-extras", "-i", "<http>/simple", "r.in"), {"r.in": "yank==1.1\n"}),
    Case("x13-yanked-kept", ("-q", "-i", "<http>/simple", "r.in"), {"r.in": "yank\n", "r.txt": "yank==1.1\n"}),
    Case("x14-two-indexes", ("-q", "-i", "<http>/simple/", "--extra-index-url", "<http>/simple", "r.in"), ALPHA),
    Case("x14-hosts", ("-q", "--trusted-host", "b.example", "--trusted-host", "a.example", "r.in"), ALPHA, env=AMBIENT),
    *(
        Case(
            f"x14-{name}",
            ("-q", f"--{name}", *OFFLINE, "--trusted-host", "a.example", "r.in"),
            {"r.in": "--no-binary multi\nalpha\n"},
        )
        for name in ("no-emit-options", "no-emit-find-links", "no-emit-trusted-host", "no-emit-index-url")
    ),
    Case("x15-no-annotate", ("-q", "--no-annotate", "r.in"), {"r.in": "epsilon\n"}, env=AMBIENT),
    Case("x16-no-input", (), stderr="whole"),
    Case("x16-missing-input", ("no.in",), stderr="whole"),
    Case("x16-two-inputs", ("a.in", "b.in"), {"a.in": "alpha\n", "b.in": "beta\n"}, stderr="whole"),
    Case(
        "x16-two-extras",
        ("--extra", "a", "--all-extras", "pyproject.toml"),
        {"pyproject.toml": PROJECT},
        stderr="whole",
    ),
    Case("x16-same-file", ("r.in", "-o", "r.in"), ALPHA, stderr="whole"),
    Case("x16-txt-input", ("r.txt",), {"r.txt": "alpha\n"}, stderr="whole"),
    Case("x16-bad-choice", ("--annotation-style", "none", "r.in"), ALPHA, stderr="whole"),
    Case(
        "x17-elsewhere",
        (*FILE, "-o", "out/r.txt", "in/r.in"),
        {"in/r.in": "-c c.txt\nalpha\n", "in/c.txt": "alpha<1.1\n", "out/r.txt": "alpha==1.0\n"},
    ),
    Case("x17-dotted", (*BODY, "./r.in"), ALPHA),
    Case("x17-output-in-header", ("-q", "-o", "out.txt", "r.in"), ALPHA, env=AMBIENT),
    Case("x18-extra-upgraded", (*FILE, "-P", "exo[one]", "r.in"), {"r.in": "exo\n", "r.txt": "exo==1.0\n"}),
    Case(
        "x19-extras-via",
        (*BODY, "--no-strip-extras", "r.in"),
        {"r.in": "exo[one]\nuses-exo\n"},
        more=(wheel("uses_exo", "1.0", "exo[Two.B]"),),
        env={"PIP_FIND_LINKS": "<more>"},
    ),
    Case(
        "x20-constraint-in-header",
        ("-q", "--strip-extras", "-c", "c.txt", "-c", "b.txt", "r.in"),
        ALPHA | {"c.txt": "", "b.txt": ""},
        env=AMBIENT,
    ),
    Case("x21-expanded", (*BODY, "r.in"), {"r.in": "alpha==${WANTED}\n"}, env={"WANTED": "1.0"}),
    Case("x22-continued", (*BODY, "r.in"), {"r.in": b"\xef\xbb\xbf# a comment\nalpha \\\n  <1.1  # and another\n\n"}),
    Case(
        "x24-marker-for-all",
        (*BODY, "r.in"),
        {"r.in": "alpha ; python_version > '3'\ngamma\n"},
        expected="exit 0\n--- stdout\nalpha==1.0\n    # via\n    #   -r r.in\n    #   gamma\n"
        "gamma==1.0\n    # via -r r.in\n",
    ),
    Case(
        "x24-marker-of-constraint",
        (*BODY, "-c", "c.txt", "r.in"),
        ALPHA | {"c.txt": "alpha<1.1 ; python_version > '3'\n"},
        expected="exit 0\n--- stdout\nalpha==1.0\n    # via\n    #   -c c.txt\n    #   -r r.in\n",
    ),
)
