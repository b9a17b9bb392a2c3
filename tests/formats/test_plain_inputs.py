"""Names that are seen without parsing: no more than files require, nothing where options matter."""

from __future__ import annotations

import pytest

from piptools_clone.formats.requirements.plain_inputs import is_plain_lock, plain_names

HASH = f"--hash=sha256:{'0' * 64}"


def seen(files, paths=("requirements.in",), constraints=()):
    def read(path):
        try:
            return files[path].encode()
        except KeyError:
            raise FileNotFoundError(path) from None

    return plain_names(paths, constraints, read)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("flask\n", ("flask",)),
        ("Flask_SQLAlchemy>=2,<3  # why\n\n# comment\nzope.interface", ("flask-sqlalchemy", "zope-interface")),
        ("celery[redis, tz]==5.*\n", ("celery",)),
        ("a (>=1.0)\nb ~= 2.0\nc===1.0-weird\n", ("a", "b", "c")),
        ("a\na>=1\nA\n", ("a",)),
        ("cffi; os_name == 'nt'\nidna", ("idna",)),
        (f"a==1.0 \\\n    {HASH} \\\n    {HASH}\nb==2 \\\n    {HASH}\n", ("a", "b")),
        (f"b==1.0 {HASH}", ("b",)),
        ("b \\", ("b",)),
        ("b \\\n  >=1", ("b",)),
    ],
)
def test_plain_lines(text, names):
    assert seen({"requirements.in": text}) == names


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://idx.example/simple",
        "-i https://idx.example/simple",
        "--extra-index-url=https://idx.example/simple",
        "--no-index",
        "--find-links ./wheels",
        "-e .",
        "./package",
        "b @ https://idx.example/b-1.0-py3-none-any.whl",
        "https://idx.example/b-1.0-py3-none-any.whl",
        "b==1.0 --hash=sha256:00",
        "b.zip",
        "b.tar.gz[x]",
        "b==${VERSION}",
        "-r https://idx.example/more.txt",
        "-c missing.txt",
        "-r setup.py",
        "-r requirements.in",
        "b c",
        "[x]",
        "b\N{LATIN SMALL LETTER E WITH ACUTE}",
        "<<<<<<< HEAD",
    ],
)
def test_anything_else_gives_no_names_at_all(line):
    assert seen({"requirements.in": f"a\n{line}\n"}) == ()


def test_files_that_are_included():
    files = {
        "req/dev.in": "-r base.in\n-c pins/all.txt\npytest",
        "req/base.in": "flask",
        "req/pins/all.txt": "flask==1.0\nidna==3\n",
    }
    assert seen(files, ["req/dev.in"]) == ("flask", "pytest")


def test_an_option_in_a_constraints_file_counts():
    files = {"requirements.in": "flask", "bounds.txt": "--index-url https://idx.example/simple"}
    assert seen(files, constraints=["bounds.txt"]) == ()
    assert seen(files | {"bounds.txt": "idna<4"}, constraints=["bounds.txt"]) == ("flask",)
    assert seen(files, constraints=["missing.txt"]) == ()


def test_text_that_is_not_utf_8_gives_no_names():
    assert plain_names(["requirements.in"], (), lambda _: b"a\n\xff\n") == ()


def test_other_sources_give_no_names():
    assert seen({"pyproject.toml": "flask"}, ["pyproject.toml"]) == ()
    assert seen({"requirements.in": "flask"}, ["requirements.in", "-"]) == ()


SHA256 = "0" * 64


@pytest.mark.parametrize(
    "lock",
    [
        "",
        "#\n# a header\n#\n--index-url https://idx.example/simple\n\na==1.0\n    # via -r requirements.in\n",
        f"a-b[c,d]==1.0.post1 \\\n    --hash=sha256:{SHA256} \\\n    --hash=sha256:{SHA256}\n    # via\n    #   x\n",
        "a==1.0rc1+local.1  # via b\r\n",
        'a==2 ; python_version >= "3.11" and sys_platform != "win32"\n'
        'a==1 ; ((python_full_version < "3.11.2" or os_name == "nt") and platform_machine == "x") or os_name == ""',
    ],
)
def test_a_plain_lock(lock):
    assert is_plain_lock(lock.encode())


@pytest.mark.parametrize(
    "line",
    [
        "a>=1.0",
        "a==1.0; python_version < '3'",
        'a==1.0 ; python_version < "3" and',
        'a==1.0 ; and python_version < "3"',
        'a==1.0 ; python_version < "3" os_name == "nt"',
        'a==1.0 ; python_version < "3" or or os_name == "nt"',
        'a==1.0 ; (python_version < "3"',
        'a==1.0 ; python_version < "3")',
        'a==1.0 ; () python_version < "3"',
        'a==1.0 ; )python_version < "3"(',
        'a==1.0 ; python_version < "3"x',
        'a==1.0 ; xpython_version < "3"',
        'a==1.0 ; python_version < "3" not in os_name',
        'a==1.0 ; python_version ~= "3"',
        'a==1.0 ; python_version == "x"',
        'a==1.0 ; extra == "x"',
        "a==1.0 ; \x01",
        "a==1.0 ; " + "(" * 2000 + 'os_name == ""' + ")" * 2000,
        "a==one",
        "a==1.0 \\\n    --hash=sha256:00",
        "<<<<<<< HEAD",
        "b @ https://idx.example/b-1.0-py3-none-any.whl",
        "-e .",
        "half a li",
        "\x01",
    ],
)
def test_a_lock_that_wants_a_closer_look(line):
    assert not is_plain_lock(f"a==1.0\n{line}\n".encode())
    assert not is_plain_lock(b"\xff")
