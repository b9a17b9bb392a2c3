"""One line to one requirement: every form that pip 26.3 knows, and what it refuses."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Specified
from packaging.utils import canonicalize_name

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.grammar import MARKER_DEPTH, VERSION_LENGTH, LineProblem
from piptools_clone.formats.requirements.markers import parse_marker
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.model.requirement import Origin, Requirement

A256, B256 = "a" * 64, "b" * 64
ORIGIN = Origin("r.in", 3, "-r r.in")

TOKENS = ("foo", "[x]", "@", ";", "#", "-e", "./", "==", "1", "https://", "--hash", "sha256:", "'", "\\", "(", "${A}")


def read(text: str, **environ: str) -> Requirement:
    return parse_line(text, ORIGIN, working_folder="/w", environ=environ)


@pytest.mark.parametrize(
    ("text", "name", "extras", "specifier", "marker"),
    [
        ("Zope.Interface", "zope-interface", (), "", ""),
        ("foo[B_c, a]>=1,<2", "foo", ("a", "b-c"), "<2,>=1", ""),
        ("foo (>=1)", "foo", (), ">=1", ""),
        ("foo==1.*", "foo", (), "==1.*", ""),
        ("foo===1.0-odd", "foo", (), "===1.0-odd", ""),
        ("foo;os_name=='nt'", "foo", (), "", 'os_name == "nt"'),
        pytest.param(
            *("foo ; python_version < '3' or extra == 'A_B'", "foo", (), "", 'python_version < "3" or extra == "a-b"'),
            marks=pytest.mark.newest,
        ),
        ("foo;", "foo", (), "", ""),
    ],
)
def test_specifiers(text: str, name: str, extras: tuple[str, ...], specifier: str, marker: str) -> None:
    found = read(text)
    assert (found.name, found.extras, str(found.specifier), found.marker) == (
        name,
        extras,
        specifier,
        marker,
    )
    assert found.url is None
    assert found.origin is ORIGIN


@pytest.mark.parametrize(
    ("text", "name", "url", "shown"),
    [
        ("./pkg", None, "file:///w/pkg", "./pkg"),
        ("../p q", None, "file:///p%20q", "../p q"),
        ("dir/", None, "file:///w/dir", "dir/"),
        ("x-1.0-py3-none-any.whl", "x", "file:///w/x-1.0-py3-none-any.whl", "x-1.0-py3-none-any.whl"),
        ("x-1.0.tar.gz", None, "file:///w/x-1.0.tar.gz", "x-1.0.tar.gz"),
        ("file:./pkg", None, "file:///w/pkg", "file:./pkg"),
        ("file:pkg#egg=n", "n", "file:///w/pkg", "file:pkg"),
        ("file:../pkg", None, "file:///pkg", "file:../pkg"),
        ("file:///d#subdirectory=s&egg=N", "n", "file:///d#subdirectory=s", "file:///d#subdirectory=s"),
        ("https://h.example/x.zip#egg=n", "n", "https://h.example/x.zip", "https://h.example/x.zip"),
        (
            f"https://h.example/x.zip#sha256={A256}&x=y&subdirectory=s",
            None,
            f"https://h.example/x.zip#sha256={A256}&x=y&subdirectory=s",
            f"https://h.example/x.zip#subdirectory=s&sha256={A256}",
        ),
        ("https://h.example/n-1-py3-none-any.whl", "n", *["https://h.example/n-1-py3-none-any.whl"] * 2),
        ("git+https://h.example/r@b#egg=n", "n", "git+https://h.example/r@b", "git+https://h.example/r@b"),
        ("git+ssh://git@h.example/r", None, *["git+ssh://git@h.example/r"] * 2),
        ("n @ https://u:p@h.example/x.zip", "n", "https://u:p@h.example/x.zip", "https://h.example/x.zip"),
        ("N[x]@https://h.example/x.zip#egg=k", "n", "https://h.example/x.zip", "https://h.example/x.zip"),
        ("https://${U}:${P}@h.example/x", None, "https://u:p@h.example/x", "https://${U}:${P}@h.example/x"),
    ],
)
def test_direct_references(text: str, name: str | None, url: str, shown: str) -> None:
    found = read(text, U="u", P="p")
    assert (found.name, found.url, found.shown, found.editable) == (name, url, shown, False)


@pytest.mark.parametrize(
    ("text", "name", "url", "shown", "extras"),
    [
        ("-e ./pkg", None, "file:///w/pkg", "./pkg", ()),
        ("-e pkg", None, "file:///w/pkg", "pkg", ()),
        ("-e ./pkg[X,a_b]", None, "file:///w/pkg", "./pkg[X,a_b]", ("a-b", "x")),
        ("-e '../my pkg'", None, "file:///my%20pkg", "../my pkg", ()),
        ("--editable=file:pkg#egg=n", "n", "file:///w/pkg", "file:pkg#egg=n", ()),
        ("-e file:///d#egg=n", "n", "file:///d", "file:///d#egg=n", ()),
        ("-e git+https://h.example/r@b#egg=n", "n", "git+https://h.example/r@b", "git+https://h.example/r@b#egg=n", ()),
        ("-e svn://h.example/r#egg=n", "n", "svn+svn://h.example/r", "svn://h.example/r#egg=n", ()),
        (
            "-e 'N[x] @ git+https://h.example/r ; os_name == \"nt\"'",
            "n",
            "git+https://h.example/r",
            "git+https://h.example/r#egg=n",
            ("x",),
        ),
    ],
)
def test_editables(text: str, name: str | None, url: str, shown: str, extras: tuple[str, ...]) -> None:
    found = read(text)
    assert (found.name, found.url, found.shown, found.extras, found.editable) == (name, url, shown, extras, True)


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("./pkg ; os_name=='nt'", True),
        ("./pkg;os_name=='nt'", True),
        ("https://h.example/a;b ; os_name=='nt'", True),
        ("https://h.example/a;os_name=='nt'", False),
        ("n @ https://h.example/a ; os_name=='nt'", True),
    ],
)
def test_markers_after_direct_references(text: str, marker: bool) -> None:
    """After an address the semicolon needs a space behind it, as pip's documentation says."""
    assert bool(read(text).marker) is marker


def test_options_of_one_requirement() -> None:
    hashes = f"--hash=sha256:{A256.upper()} --hash sha512:{B256 * 2} --hash sha256:{A256}"
    found = read(f"foo==1 {hashes} -C a=b --config-settings=c=d")
    assert found.hashes == (f"sha256:{A256}", f"sha512:{B256 * 2}")
    assert found.config_settings == ("a=b", "c=d")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foo = 1", "did you mean == ?"),
        ("foo bar", "one requirement per line"),
        ("foo>=1<2", "'foo>=1<2' is not a valid requirement"),
        ("foo ; python_version", "is not a valid marker"),
        ("foo[a", "'foo[a' is not a valid requirement"),
        ("foo @ ./pkg", "'./pkg' after 'foo @' is not a URL"),
        ("foo @ httpx://u:secret@h.example/", "'httpx://****@h.example/'"),
        ("httpx://u:secret@h.example/", "'httpx://****@h.example/' is not a valid requirement"),
        ("https://h.example/x#egg=n[x]", "'n[x]' in '#egg=' is not the name of a project"),
        ("https://h.example/n-1.whl", "a wheel is named"),
        ("-e git+https://h.example/r", "append #egg=NAME"),
        ("-e https://h.example/x.zip", "cannot be editable"),
        ("-e n @ git+https://h.example/r", "put it in quotes"),
        ("foo --hash=md5:ab", "hash algorithm 'md5' is not one of sha256, sha384, sha512"),
        ("foo --hash=sha256", "'sha256' is not a hash"),
        ("foo --hash=sha256:", "it has 0 digits, not 64"),
        (f"foo --hash=sha256:{A256[1:]}", "it has 63 digits, not 64"),
        (f"foo --hash=sha512:{A256}", "it has 64 digits, not 128"),
        (f"foo --hash=sha256:{A256[1:]}g", "is no sha256 digest: it is not hexadecimal"),
        ("foo --hash=sha256:\x1b[2J", r"'\x1b[2J' is no sha256 digest"),
        (f"https://h.example/x.zip#sha256={A256}0", "it has 65 digits, not 64"),
        ("foo @ https://h.example/x.zip#egg=foo&md5=xyz", "'xyz' is no md5 digest: it is not hexadecimal"),
        ("foo --hash", "option --hash needs a value"),
        ("foo --config-settings a", "not of the form KEY=VALUE"),
        ("foo --global-option=x", "no such option: --global-option=x"),
        ("foo --hsah=sha256:ab", "did you mean --hash?"),
        ("foo --pre=1", "option --pre takes no value"),
        ("foo --no x", "option --no is ambiguous: --no-binary, --no-index, --no-require-hashes"),
        ("foo --hash 'x", "close the quote"),
        ("", "there is no requirement on this line"),
        ("foo\x1b[31m", r"'foo\x1b[31m'"),
        ("foo ; " + "(" * (MARKER_DEPTH + 1), "more than 200 parentheses"),
        ("foo==" + "1" * (VERSION_LENGTH + 1), "longer than 512 characters"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value).startswith("r.in:3: ")
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1/a-1.zip",
        "https://user:secret/more@idx.example/a-1.zip",
        "https://user:secret[@idx.example/a-1.zip",
        "http://idx.example:99999/a-1.zip",
        "https:///a-1.zip",
        "git+https://[x#egg=a",
    ],
)
@pytest.mark.parametrize("line", ["{}", "a @ {}"])
def test_an_address_that_cannot_be_taken_apart_is_refused_with_its_line(line: str, address: str) -> None:
    with pytest.raises(InputError, match=r"^r\.in:3: ") as caught:
        read(line.format(address))
    assert "secret" not in str(caught.value)


def test_a_repository_may_have_a_folder_for_a_port() -> None:
    assert read("a @ git+ssh://git@idx.example:team/a.git").url == "git+ssh://git@idx.example:team/a.git"


@given(st.text(max_size=40))
def test_any_text_is_a_requirement_or_an_input_error(text: str) -> None:
    try:
        read(text)
    except InputError as error:
        assert str(error).replace("\n\nhint: ", "").isprintable()


@given(st.lists(st.sampled_from(TOKENS)))
def test_any_sequence_of_tokens_is_a_requirement_or_an_input_error(tokens: list[str]) -> None:
    for text in ("".join(tokens), " ".join(tokens)):
        try:
            read(text, A="b c")
        except InputError as error:
            assert str(error).startswith("r.in:3: ")


NAMES = st.sampled_from(
    ["a", "A_b.c", "a-1", "a.", "-a", "a_", "_a", "a b", "\xe9", "zope.interface", "a.tar", "x.zip"]
)
VERSIONS = st.sampled_from(
    ["1", "1.0", "01.10", "1.0rc1", "1-1", "1.post1", "1.*", "1.0rc1.*", "0!1", "1.0+x", "v1", "1.0.", "one", "1 2", ""]
)
SPACES = st.sampled_from(["", "", " ", "  ", "\t", "\f", "\xa0"])
CLAUSES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["==", "!=", "<=", ">=", "<", ">", "~=", "===", "=", "<>", ""]),
    SPACES,
    VERSIONS,
    SPACES,
)
EXTRAS = st.builds(
    "[{}{}{}]".format, SPACES, st.lists(NAMES, max_size=3).map(",".join) | NAMES | st.just("a , b,"), SPACES
)


@given(
    NAMES,
    SPACES,
    st.just("") | EXTRAS,
    st.lists(CLAUSES, max_size=3).map(",".join),
    st.sampled_from(["", "", ",", ".zip", "; os_name=='nt'", ")"]),
)
def test_named_requirements_are_read_as_packaging_reads_them(name, space, extras, versions, end):
    """With or without its parser: the same names, extras and versions, and refused is the same."""
    text = f"{name}{space}{extras}{space}{versions}".strip() + end
    try:
        expected = Specified(text)
    except InvalidRequirement:
        expected = None
    try:
        found = read(text)
    except InputError:
        assert expected is None
        return
    if found.url is None:
        assert expected is not None
        assert found.name == canonicalize_name(expected.name)
        assert found.extras == tuple(sorted(set(map(canonicalize_name, expected.extras))))
        assert (found.specifier, str(found.specifier)) == (expected.specifier, str(expected.specifier))
        assert found.marker == str(expected.marker or "")


VARIABLES = ["os_name", "sys_platform", "python_version", "platform_python_implementation", "extra", "os.name", "odd"]
comparisons = st.tuples(
    st.sampled_from(VARIABLES),
    st.sampled_from(["==", "!=", "<", ">=", "~=", "===", " in ", " not in ", " not  in ", "in", "="]),
    st.sampled_from(['"linux"', "'nt'", '"3.8"', "'3.*'", "''", '"a and b"', "'it\"s'", "'a or b'", '"\\"', "3"]),
)
markers = st.recursive(
    st.tuples(comparisons, st.sampled_from(["", " ", "  ", "\t"])).map(lambda it: it[1].join(it[0])),
    lambda inner: (
        st.tuples(inner, st.sampled_from([" and ", " or ", "  and ", "and", " nor "]), inner).map("".join)
        | inner.map("({})".format)
    ),
    max_leaves=4,
)


@pytest.mark.newest
@settings(max_examples=300)
@given(markers)
def test_markers_are_spelled_as_packaging_spells_them(text):
    """With or without its parser: the same spelling, and refused is the same."""
    try:
        expected = str(Marker(text))
    except InvalidMarker:
        with pytest.raises(LineProblem, match="is not a valid marker"):
            parse_marker(text)
    else:
        assert parse_marker(text) == expected


@pytest.mark.parametrize("text", ["a==1.zip", "a.zip", "a.zip[x]", "a.ZIP [x,y]", "a>=1,<2.tar.gz"])
def test_what_ends_as_an_archive_is_a_path(text: str) -> None:
    assert read(text).url is not None


def test_a_project_may_have_the_name_of_an_archive() -> None:
    assert read("a.zip>=1").url is None
