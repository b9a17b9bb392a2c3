"""The one reader of requirements: it answers as `packaging` does, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from piptools_clone.errors import MetadataError
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.file_options import split_line
from piptools_clone.formats.requirements.grammar import (
    REQUIREMENT_LENGTH,
    LineProblem,
    canonical_name,
    is_name,
    parse_hash,
    split_plain,
    split_plain_line,
)
from piptools_clone.formats.requirements.plain_inputs import plain_inputs
from piptools_clone.formats.requirements.requirements_in import parse_requirements
from piptools_clone.model.candidate import CoreMetadata
from tests.resolve.worlds import TARGET

PIECES = (
    *("a", "A_b.c", "x-", "-x", "x.", "zope.interface", "1", "1.0", "1.*", "2.0rc1", "1!2", "1.0+x", "v1", "one", ""),
    *("[", "]", "[x]", "[x,Y.z]", "[ x , y ]", "[x,]", "[]", "(", ")", ",", "==", "===", ">=", "<", "~=", "!=", "="),
    *(" ", "  ", "\t", "\n", "\x0b", "\xa0", ";", "; ", "@", "#", "os_name == 'nt'", "os_name", "\xe9", "\u212a"),
)
LINES = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


def judged(text: str) -> Requirement | None:
    """What `packaging` reads; None where it refuses."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


USUAL = st.builds(
    "{0}{4}{1}{4}{2}{3}".format,
    st.sampled_from(["a", "A_b.c", "x--y", "9", "x-", "\u017f"]),
    st.sampled_from(["", "[x]", "[Y_z,x]", "[ x , x ]", "[]", "[x,]", "[x y]"]),
    st.sampled_from(
        [
            *("", "==1.0", ">=1,<2", ">= 1 , != 1.*", "(>=1)", "( ==1 )", "()", "===odd", "===1,>=2", "~=1.0", "~=1"),
            *(">=1,", "(,>=1)", ">=1,,<2", ">=1.*", "==1.0+x", ">1.0+x", "==", "<> 1", "(>=1", ">=1)", ">=1 <2"),
        ]
    ),
    st.sampled_from(
        ["", ";os_name=='nt'", " ; os_name == 'nt' ", ";", ";os_name", "\n", " # x", " @ https://h.example/"]
    ),
    st.sampled_from(["", " ", "\t "]),
)


@given(USUAL | LINES)
@example("a===1.0 ; os_name == 'nt'")
def test_what_is_taken_apart_is_what_packaging_reads(text: str) -> None:
    plain = split_plain(text)
    if plain is None:
        return
    expected = judged(text)
    if not is_specifier(plain.specifier):
        assert expected is None
    elif expected is not None:
        assert plain.name == canonicalize_name(expected.name)
        assert plain.extras == tuple(sorted(set(map(canonicalize_name, expected.extras))))
        assert SpecifierSet(plain.specifier) == expected.specifier
        assert judged(f"a; {plain.marker}").marker == expected.marker if plain.marker else expected.marker is None
    else:  # then only its marker can be wrong
        assert plain.marker
        assert judged(f"a; {plain.marker}") is None


@given(USUAL | LINES)
def test_a_line_of_metadata_is_what_packaging_reads(text: str) -> None:
    """With or without its parser; a marker is judged when it is evaluated."""
    reader = DependencyReader(TARGET)
    expected = judged(text)
    try:
        found = reader.read(CoreMetadata("a", "1", (text,)))
    except MetadataError:
        assert expected is None or expected.marker is not None or expected.url
        return
    assert expected is not None
    for each in found:
        assert each.name == canonicalize_name(expected.name)
        assert reader.specifier(each.specifier) == expected.specifier
        assert each.url == expected.url


@given(st.text(max_size=12) | st.text(st.sampled_from("aB-_.\u0130\u212a"), max_size=12))
def test_names_are_canonical_as_packaging_has_it(text: str) -> None:
    assert canonical_name(text) == canonicalize_name(text)


@given(st.text(st.sampled_from("aZ9-_.\u017f\u212a \n"), max_size=6))
def test_a_name_is_one_that_packaging_reads(text: str) -> None:
    if is_name(text):
        requirement = judged(text)
        assert requirement is not None
        assert requirement.name == text


@pytest.mark.parametrize(
    "text", ["a", "a==1", "a [b,c] >= 1, < 2", "a(>=1)", "a; extra == 'x'", "A.b===1-odd", "a~=1.0;python_version<'3'"]
)
def test_what_is_usual_is_plain(text: str) -> None:
    assert split_plain(text) is not None


@pytest.mark.parametrize(
    "text", ["a.zip", "a.tar.gz[x]", "a==1.whl", "a @ https://h.example/a.zip", "./a", "a" * 20_000]
)
def test_what_may_be_a_path_or_is_too_long_is_not_plain(text: str) -> None:
    assert len(text) > REQUIREMENT_LENGTH or not text.startswith("aa")
    assert split_plain_line(text) is None


@pytest.mark.parametrize("value", ["sha256", "md5:" + "0" * 32, "sha256:" + "0" * 63, "sha256:" + "g" * 64])
def test_what_is_the_hash_of_no_file_is_refused(value: str) -> None:
    with pytest.raises(LineProblem):
        parse_hash(value)


FILES = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "b>=1 # why",
                "c[x,y]==1.0",
                "d ; os_name == 'nt'",
                "e (<2)",
                "f.zip",
                "g @ https://h.example/g.zip",
            ),
            *("# note", "", "h \\", "  >=1", f"i==1 --hash=sha256:{'0' * 64}", "j==1 --hash=sha256:00", "-e .", "k l"),
            *("--index-url https://i.example/", "--pre", "-c bounds.txt", "-r more.txt", "m==${X}", "=======", "\x1b"),
        ]
    ),
    max_size=5,
).map("\n".join)


@given(FILES, FILES)
def test_what_is_seen_early_is_what_is_read_later(text: str, more: str) -> None:
    """The early reader names only what the file asks for, and only if the file names no index of its own."""
    files = {"r.txt": text.encode(), "more.txt": more.encode(), "bounds.txt": b"a<9"}
    early = plain_inputs(["r.txt"], (), files.__getitem__)
    if early is None:
        return
    wanted = parse_requirements("r.txt", files.__getitem__, environ={}, working_folder="/w")
    assert not any(wanted.options)
    asked = [each for each in wanted.requirements if not each.marker]
    assert list(early.demands) == list(dict.fromkeys(each.name for each in asked))
    demands = [(each.name, ",".join(each.extras), each.specifier) for each in asked]
    found = [(name, extras, SpecifierSet(text)) for name, each in early.demands.items() for extras, text in each]
    assert sorted(found, key=str) == sorted(demands, key=str)
    assert (
        early.others == any(each.hashes for each in (*wanted.requirements, *wanted.constraints)) or wanted.constraints
    )


def test_each_line_is_taken_apart_once() -> None:
    """However often a run looks at it: early, as an input, and again in the lock that is read back."""
    lines = [f"alpha{number}[x]>={number}" for number in range(50)]
    files = {"once.in": "\n".join(lines).encode()}
    before = split_line.cache_info().misses, split_plain.cache_info().misses
    assert plain_inputs(["once.in"], (), files.__getitem__) is not None
    for _ in range(2):
        parse_requirements("once.in", files.__getitem__, environ={}, working_folder="/w")
    after = split_line.cache_info().misses, split_plain.cache_info().misses
    assert [now - then for now, then in zip(after, before, strict=True)] == [50, 50]
