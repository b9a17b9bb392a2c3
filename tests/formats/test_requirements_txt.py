"""The text of locks, byte for byte: golden texts, each written by pip-tools 7.6.2 for the same resolution."""

import pytest

from piptools_clone.formats.locks.requirements_txt import LockStyle, choose_newline, render_lock
from piptools_clone.model.lock import Lock, LockOptions, Pin

ALPHA = Pin("alpha", "1.1", via=("-r r.in", "usesst"), hashes=("sha256:71ab", "sha256:5e60"))
USES = Pin("usesst", "1.0", via=("-r r.in",), hashes=("sha256:5691",))
SETUPTOOLS = Pin("setuptools", "80.0", via=("usesst",), hashes=("sha256:21d6",))
EXO = Pin(
    "exo", "1.0", extras=("one", "two-b"), marker='python_version > "3"', via=("-r r.in",), hashes=("sha256:d5ce",)
)
EDITABLE = Pin("mypkg", "1.0", url="./pkg[x]", editable=True, extras=("x",), via=("-r r.in",), unhashable=True)
FOLDER = Pin("pkg", "1.0", extras=("x",), url="file:///w/pkg", via=("-r r.in",), unhashable=True)

LOCK = Lock((ALPHA, SETUPTOOLS, USES))


def text(lock: Lock, **style: object) -> str:
    return render_lock(lock, LockStyle()._replace(**style)).text


def test_split_style() -> None:
    assert text(LOCK) == (
        "alpha==1.1\n"
        "    # via\n"
        "    #   -r r.in\n"
        "    #   usesst\n"
        "usesst==1.0\n"
        "    # via -r r.in\n"
        "\n"
        "# The following packages are considered to be unsafe in a requirements file:\n"
        "# setuptools\n"
    )


def test_line_style_with_unsafe_packages_allowed() -> None:
    assert text(LOCK, annotation_style="line", allow_unsafe=True) == (
        "alpha==1.1                # via -r r.in, usesst\n"
        "usesst==1.0               # via -r r.in\n"
        "\n"
        "# The following packages are considered to be unsafe in a requirements file:\n"
        "setuptools==80.0          # via usesst\n"
    )


def test_line_style_of_a_long_requirement() -> None:
    lock = Lock((Pin("small-fake-with-long-name", "0.1", via=("-r r.in",)),))
    assert text(lock, annotation_style="line") == "small-fake-with-long-name==0.1  # via -r r.in\n"


def test_hashes_in_both_styles() -> None:
    lock = Lock((ALPHA, USES))
    assert text(lock, generate_hashes=True) == (
        "alpha==1.1 \\\n"
        "    --hash=sha256:5e60 \\\n"
        "    --hash=sha256:71ab\n"
        "    # via\n"
        "    #   -r r.in\n"
        "    #   usesst\n"
        "usesst==1.0 \\\n"
        "    --hash=sha256:5691\n"
        "    # via -r r.in\n"
    )
    assert text(lock, generate_hashes=True, annotation_style="line") == (
        "alpha==1.1 \\\n"
        "    --hash=sha256:5e60 \\\n"
        "    --hash=sha256:71ab\n"
        "    # via -r r.in, usesst\n"
        "usesst==1.0 \\\n"
        "    --hash=sha256:5691\n"
        "    # via -r r.in\n"
    )


def test_unsafe_packages_of_a_hashed_lock() -> None:
    rendered = render_lock(LOCK, LockStyle(generate_hashes=True, annotate=False))
    assert rendered.warns
    assert rendered.text == (
        "alpha==1.1 \\\n"
        "    --hash=sha256:5e60 \\\n"
        "    --hash=sha256:71ab\n"
        "usesst==1.0 \\\n"
        "    --hash=sha256:5691\n"
        "\n"
        "# WARNING: The following packages were not pinned, but pip requires them to be\n"
        "# pinned when the requirements file includes hashes and the requirement is not\n"
        "# satisfied by a package already installed. Consider using the --allow-unsafe flag.\n"
        "# setuptools\n"
    )
    allowed = render_lock(LOCK, LockStyle(generate_hashes=True, annotate=False, allow_unsafe=True))
    assert not allowed.warns
    assert allowed.text.endswith(
        "\n"
        "\n"
        "# The following packages are considered to be unsafe in a requirements file:\n"
        "setuptools==80.0 \\\n"
        "    --hash=sha256:21d6\n"
    )


def test_only_unsafe_packages() -> None:
    lock = Lock((SETUPTOOLS,))
    block = "# The following packages are considered to be unsafe in a requirements file:\n# setuptools\n"
    assert text(lock) == "\n" + block
    # Nothing that is written has a hash, so nothing is to be warned of.
    assert render_lock(lock, LockStyle(generate_hashes=True)) == ("\n" + block, False)
    options = LockOptions(find_links=("w",))
    assert text(lock._replace(options=options)) == "--find-links w\n\n\n" + block


def test_editables_come_first_and_cannot_be_hashed() -> None:
    lock = Lock((ALPHA._replace(via=()), EDITABLE, FOLDER))
    rendered = render_lock(lock, LockStyle(generate_hashes=True))
    warning = (
        "# WARNING: pip install will require the following package to be hashed.\n"
        "# Consider using a hashable URL like https://github.com/jazzband/pip-tools/archive/SOMECOMMIT.zip\n"
    )
    assert rendered.warns
    assert rendered.text == (
        warning + "-e ./pkg[x]\n"
        "    # via -r r.in\n"
        "alpha==1.1 \\\n"
        "    --hash=sha256:5e60 \\\n"
        "    --hash=sha256:71ab\n" + warning + "pkg[x] @ file:///w/pkg\n"
        "    # via -r r.in\n"
    )


def test_no_warning_where_nothing_has_hashes() -> None:
    assert render_lock(Lock((EDITABLE,)), LockStyle(generate_hashes=True)) == (
        "-e ./pkg[x]\n    # via -r r.in\n",
        False,
    )


def test_extras_and_markers() -> None:
    lock = Lock((EXO,))
    assert text(lock, annotate=False) == 'exo[one,two-b]==1.0 ; python_version > "3"\n'
    assert text(lock, annotate=False, strip_extras=True) == 'exo==1.0 ; python_version > "3"\n'
    assert text(lock, annotate=False, generate_hashes=True) == (
        'exo[one,two-b]==1.0 ; python_version > "3" \\\n    --hash=sha256:d5ce\n'
    )


def test_stripping_extras_spares_paths_and_addresses() -> None:
    pins = (
        EDITABLE._replace(via=("-r a[b].in", "exo[one]")),
        Pin("n", "1", extras=("x",), url="https://[::1]/n.zip"),
    )
    assert text(Lock(pins), strip_extras=True) == (
        "-e ./pkg\n    # via\n    #   -r a[b].in\n    #   exo\nn @ https://[::1]/n.zip\n"
    )


@pytest.mark.parametrize(
    ("pin", "line"),
    [
        (Pin("foo", "1.0", operator="==="), "foo===1.0"),
        (Pin("pkg", "1", url="file:./pkg"), "file:./pkg"),
        (Pin("pkg", "1", extras=("x",), url="file:./pkg"), "pkg[x] @ file:./pkg"),
        (Pin("n", "1", url="git+https://h.example/r@main"), "n @ git+https://h.example/r@main"),
        (Pin("n", "1", url="file:///d#subdirectory=s"), "n @ file:///d#subdirectory=s"),
        (Pin("n", "1", url="git+https://h.example/r#egg=n", editable=True), "-e git+https://h.example/r#egg=n"),
        (Pin("n", "1", url="./my pkg", editable=True), "-e './my pkg'"),
        (Pin("n", "1", url="./pkg", editable=True, marker='os_name == "nt"'), "-e ./pkg"),
        (
            Pin("n", "1", url="https://h.example/n", marker='os_name == "nt"'),
            'n @ https://h.example/n ; os_name == "nt"',
        ),
    ],
)
def test_requirement_lines(pin: Pin, line: str) -> None:
    assert text(Lock((pin,))) == line + "\n"


OPTIONS = LockOptions(
    index_url="https://u:secret@idx.example/simple",
    extra_index_urls=("https://${U}:${P}@b.example/simple",),
    find_links=("./wheels", "my wheels"),
    trusted_hosts=("a.example",),
    no_binary=("foo", ":all:"),
    only_binary=("bar", ":all:"),
)


def test_options_in_their_order_without_credentials() -> None:
    assert text(Lock((), OPTIONS)) == (
        "--index-url https://idx.example/simple\n"
        "--extra-index-url https://${U}:${P}@b.example/simple\n"
        "--find-links ./wheels\n"
        "--find-links 'my wheels'\n"
        "--trusted-host a.example\n"
        "--no-binary :all:\n"
        "--only-binary :all:\n"
        "--no-binary foo\n"
        "--only-binary bar\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("switch", "gone"),
    [
        ("emit_index_url", ("--index-url", "--extra-index-url")),
        ("emit_find_links", ("--find-links",)),
        ("emit_trusted_host", ("--trusted-host",)),
        ("emit_options", ("--",)),
    ],
)
def test_switches_of_options(switch: str, gone: tuple[str, ...]) -> None:
    expected = [line for line in text(Lock((), OPTIONS)).splitlines() if not line.startswith(gone)]
    assert text(Lock((), OPTIONS), **{switch: False}).splitlines() == expected


def test_nothing_at_all_is_one_empty_line() -> None:
    assert text(Lock(())) == "\n"


def test_header_alone() -> None:
    assert text(Lock(()), command="pip-compile", python_version="3.12").splitlines() == [
        "#",
        "# This file is autogenerated by pip-compile with Python 3.12",
        "# by the following command:",
        "#",
        "#    pip-compile",
        "#",
    ]


@pytest.mark.parametrize(
    ("kind", "old", "inputs", "newline"),
    [
        ("LF", b"\r\n", [], "\n"),
        ("crlf", b"\n", [], "\r\n"),
        ("preserve", None, [], "\n"),
        ("preserve", b"a\r\nb\n", [b"\n"], "\r\n"),
        ("preserve", b"a\n", [b"\r\n"], "\n"),
        ("preserve", b"no line end", [b"", b"a\r\n", b"a\n"], "\r\n"),
    ],
)
def test_newlines(kind: str, old: bytes | None, inputs: list[bytes], newline: str) -> None:
    assert choose_newline(kind, old, inputs) == newline
