"""Basics and inputs."""

from __future__ import annotations

from tests.compat.arguments import BODY, OFFLINE
from tests.compat.case import Case

CASES = (
    Case("001", (*BODY, "r.in"), {"r.in": "alpha\n"}),
    Case("002", OFFLINE, {"requirements.in": "gamma\n"}),
    Case("004", ("-q", *OFFLINE, "requirements"), {"requirements": "alpha\n"}),
    Case(
        "005-dot",
        ("-q", "--no-emit-options", "--no-header", *OFFLINE, "./requirements"),
        {"requirements": "alpha\n"},
        expected="exit 0\n--- file requirements.txt\nalpha==1.1\n    # via -r requirements\n",
    ),
    Case(
        "005-dotted-folder",
        ("-q", "--no-emit-options", "--no-header", *OFFLINE, "a.b/requirements"),
        {"a.b/requirements": "alpha\n"},
        expected="exit 0\n--- file a.b/requirements.txt\nalpha==1.1\n    # via -r a.b/requirements\n",
    ),
    Case("007", ("-",), stdin="alpha==1.0\n", stderr="whole"),
    Case("008", (*BODY, "-"), stdin="alpha==1.0\n"),
    Case(
        "010",
        (*BODY, *(f"{number}.in" for number in range(10))),
        {f"{number}.in": "alpha==1.0\n" for number in range(10)},
    ),
    Case("011", (*BODY, "a.in", "b.in"), {"a.in": "alpha\n", "b.in": "alpha<1.1\n"}),
    Case("013-beside", (*BODY, "r.in"), {"r.in": "-r base.in\nbeta\n", "base.in": "alpha\n"}),
    Case("013-above", (*BODY, "sub/r.in"), {"sub/r.in": "-r ../base.in\nbeta\n", "base.in": "alpha\n"}),
    Case("013-below", (*BODY, "r.in"), {"r.in": "-r sub/base.in\nbeta\n", "sub/base.in": "alpha\n"}),
    Case(
        "013-absolute",
        (*BODY, "<root>/work/r.in"),
        {"r.in": "-r sub/base.in\nbeta\n", "sub/base.in": "-c ../c.txt\nalpha\n", "c.txt": "alpha<1.1\n"},
    ),
    Case("014", (*BODY, "r.in"), {"sub/r.in": "-r ../base.in\nbeta\n", "base.in": "alpha\n"}, folder="sub"),
    Case("016", (*BODY, "r.in"), {"r.in": "alpha ; python_version < '3'\nbeta\n"}),
    Case(
        "017",
        ("-q", "--strip-extras", *OFFLINE, "dép endances.in", "mit leer zeichen.in", "-o", "aus gabe.txt"),
        {"dép endances.in": "alpha\n", "mit leer zeichen.in": "alpha\nbeta\n"},
    ),
)
