"""Project files."""

from __future__ import annotations

from tests.compat.arguments import AMBIENT, BODY, OFFLINE
from tests.compat.case import Case
from tests.compat.local_index import wheel
from tests.support.packages import project_files

PROJECT = """\
[project]
name = "My_Proj"
version = "1"
dependencies = ["alpha"]

[project.optional-dependencies]
dev = ["beta<1.2"]
test = ["gamma"]
"""
SELF_REFERRING = """\
[project]
name = "proj"
version = "1"

[project.optional-dependencies]
dev = ["alpha"]
all = ["proj[dev]"]
"""
MARKED = """\
[project]
name = "proj"
version = "1"
dependencies = ["beta", "alpha ; extra == 'dev' or os_name == 'nt'"]

[project.optional-dependencies]
dev = []
"""
#: Told by its backend alone; what that needs is on LW.
DYNAMIC = project_files(
    "My_Proj",
    "1",
    requires=["gamma", 'beta<1.2; extra == "dev"', 'exo; extra == "dev" and python_version > "3"'],
    extras=["dev", "Te_st"],
    build_requires=["alpha"],
    late_build_requires=["beta>=1.1", "alpha"],
)
IN_SUB = {f"sub/{path}": text for path, text in DYNAMIC.items()}
BOTH_FILES = project_files("proj", "1", requires=["gamma"])
OLD_PYTHONS = """\
[project]
name = "proj"
version = "1"
requires-python = ">=3.8"
dependencies = ["modern"]
"""

FILES = {"pyproject.toml": PROJECT}

CASES = (
    Case("019", ("-q", "--strip-extras", *OFFLINE, "sub/pyproject.toml"), {"sub/pyproject.toml": PROJECT}),
    Case("020-one", (*BODY, "--extra", "dev", "pyproject.toml"), FILES),
    Case("020-comma", (*BODY, "--extra", "dev,test", "pyproject.toml"), FILES),
    Case("020-twice", (*BODY, "--extra", "dev", "--extra", "test", "pyproject.toml"), FILES),
    Case("020-all", (*BODY, "--all-extras", "pyproject.toml"), FILES),
    Case(
        "020-header",
        ("-q", "--strip-extras", "--extra", "test,dev", *OFFLINE, "pyproject.toml"),
        FILES,
    ),
    Case("022", ("--extra", "x", "r.in"), {"r.in": "alpha\n"}, stderr="whole"),
    Case("023", (*BODY, "--extra", "nope", "pyproject.toml"), FILES, expected="exit 2\n"),
    Case(
        "025",
        (*BODY, "--extra", "all", "pyproject.toml"),
        {"pyproject.toml": SELF_REFERRING},
        expected="exit 0\n--- stdout\nalpha==1.1\n    # via proj (pyproject.toml)\n",
    ),
    Case(
        "026",
        (*BODY, "--extra", "dev", "pyproject.toml"),
        {"pyproject.toml": MARKED},
        expected="exit 0\n--- stdout\nalpha==1.1\n    # via proj (pyproject.toml)\n"
        "beta==1.2\n    # via proj (pyproject.toml)\n",
    ),
    Case("027", (*BODY, "pyproject.toml"), DYNAMIC, env=AMBIENT),
    Case("027-extra", (*BODY, "--extra", "dev", "sub/pyproject.toml"), IN_SUB, env=AMBIENT),
    Case("027-all-extras", (*BODY, "--all-extras", "setup.cfg"), DYNAMIC | {"setup.cfg": ""}, env=AMBIENT),
    Case(
        "028",
        ("-q", "--strip-extras", *OFFLINE),
        BOTH_FILES
        | {"setup.py": "raise SystemExit('never run: the project has a backend of its own')\n"}
        | {"pyproject.toml": BOTH_FILES["pyproject.toml"] + PROJECT},
    ),
    Case("029-for-and-all", ("--build-deps-for", "sdist", "--all-build-deps", "pyproject.toml"), FILES, stderr="whole"),
    Case("029-only-alone", ("--only-build-deps", "pyproject.toml"), FILES, stderr="whole"),
    Case(
        "029-only-and-extra",
        ("--only-build-deps", "--all-build-deps", "--extra", "x", "pyproject.toml"),
        FILES,
        stderr="whole",
    ),
    Case("029-requirements-file", ("--all-build-deps", "r.in"), {"r.in": "alpha\n"}, stderr="whole"),
    Case("030-wheel", (*BODY, "--build-deps-for", "wheel", "pyproject.toml"), DYNAMIC, env=AMBIENT),
    Case("030-all", (*BODY, "--all-build-deps", "sub/pyproject.toml"), IN_SUB, env=AMBIENT),
    Case("030-only", (*BODY, "--all-build-deps", "--only-build-deps", "pyproject.toml"), DYNAMIC, env=AMBIENT),
    Case(
        "030-setup-py",
        (*BODY, "--build-deps-for", "editable", "--build-deps-for", "sdist", "setup.py"),
        DYNAMIC | {"setup.py": "raise SystemExit('never run: the project has a backend of its own')\n"},
        env=AMBIENT,
    ),
    Case(
        "030-header",
        ("-q", "--strip-extras", "--build-deps-for", "wheel", "--only-build-deps", *OFFLINE, "pyproject.toml"),
        DYNAMIC,
        env=AMBIENT,
    ),
    Case(
        "031",
        (*BODY, "-f", "<more>", "pyproject.toml"),
        {"pyproject.toml": OLD_PYTHONS},
        more=(wheel("modern", "1.0", requires_python=">=3.8"), wheel("modern", "2.0", requires_python=">=3.9")),
        expected="exit 0\n--- stdout\nmodern==2.0\n    # via proj (pyproject.toml)\n",
    ),
)
