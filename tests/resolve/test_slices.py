"""Binary search admits exactly what the specifier does."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from piptools_clone.resolve.slices import admitted

NUMBERS = st.sampled_from(["0", "1", "2", "10"])
RELEASES = st.lists(NUMBERS, min_size=1, max_size=3).map(".".join)
SUFFIXES = st.sampled_from(
    ["", "", "", "a1", "rc2", ".dev0", ".post0", ".post1", ".post1.dev3", "a1.post2", "+cpu", "a1+x"]
)
VERSIONS = st.builds("{}{}{}".format, st.sampled_from(["", "", "", "1!"]), RELEASES, SUFFIXES)
OPERATORS = st.sampled_from([">=", ">", "<=", "<", "==", "!=", "~="])
CLAUSES = st.builds("{}{}{}".format, OPERATORS, RELEASES, st.sampled_from(["", "", ".*"]))


def expected(versions, specifier):
    return sum(1 << i for i, version in enumerate(versions) if specifier.contains(version, prereleases=True))


@given(st.lists(VERSIONS, max_size=30), st.lists(CLAUSES, max_size=3))
@example(["1", "1.post1", "1+cpu", "1.0.0.1"], [">1"])
@example(["1a1", "1", "1.dev0"], ["<1"])
@example(["1.2", "1.2+cpu", "1.2.post1"], ["<=1.2"])
@example(["1!1.2", "2.0", "1.3.dev0"], ["~=1.2"])
def test_as_the_specifier_says(texts, clauses):
    versions = sorted(set(map(Version, texts)))
    try:
        specifier = SpecifierSet(",".join(clauses))
    except InvalidSpecifier:
        return
    assert admitted(versions, specifier) == expected(versions, specifier)


def test_what_is_not_plain_is_left_to_the_specifier():
    for text in ("<1.0.post1", ">=1.0a1", "===1.0", "==1.0+cpu", "~=1!1.0"):
        assert admitted([Version("1.0")], SpecifierSet(text)) is None


def test_few_versions_are_looked_at():
    """The cost of a clause grows with the logarithm of the number of versions."""

    class Counted(list):
        reads = 0

        def __getitem__(self, at):
            Counted.reads += 1
            return super().__getitem__(at)

    versions = Counted(Version(f"1.{i}") for i in range(4096))
    assert admitted(versions, SpecifierSet(">=1.1000,<1.1001")) == 1 << 1000
    assert Counted.reads <= 2 * 14
