"""What a user reads when there is no lock: the whole error stream, as literal text."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

Fails = Callable[..., str]


def offer(index: SimpleIndex, *releases: str) -> None:
    """Offer wheels, each written as ``name version: requirement, requirement``."""
    for release in releases:
        head, _, requires = release.partition(":")
        name, version = head.split()
        index.add(make_wheel(name, version, requires=[each.strip() for each in requires.split(";") if each.strip()]))


@pytest.fixture
def fails(project: Project) -> Fails:
    """Compile some lines, which must fail with 1 and leave no lock, and return what was said."""

    def fails(*lines: str, args: tuple[str, ...] = (), **files: str) -> str:
        for stem, text in files.items():
            project.write(f"{stem}.txt", text)
        run = project.want(*lines).compile("--strip-extras", *args)
        assert (run.code, run.out, run.lock) == (1, "", None), run.err
        assert run.err.count("ResolutionImpossible") == 1  # bots look for it
        return run.err

    return fails


def text(expected: str) -> str:
    return dedent(expected).lstrip("\n")


def test_two_lines(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0", "a 2.0")
    assert fails("a<2", "a>=2") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires a<2
          requirements.in:2 requires a>=2

        hint: loosen requirements.in:1 or requirements.in:2
    """)


def test_via_two_dependencies(index: SimpleIndex, fails: Fails) -> None:
    """Versions that say the same are one line; each line of the file begins a strand."""
    offer(index, "a 1.0", "a 2.0", "b 1.0:a<2", "b 1.1:a<2", "c 1.0:a>=2", "c 1.1:a>=2", "d 1.0:c", "e 1.0:b")
    assert fails("d", "e") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires d
            d 1.0 needs c
              every version of c needs a>=2
          requirements.in:2 requires e
            e 1.0 needs b
              every version of b needs a<2

        hint: drop requirements.in:1 or requirements.in:2
    """)


def test_a_constraint(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0", "a 2.0", "b 1.0:a>=2")
    assert fails("b", "-c limits.txt", limits="# team-wide\na<2") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires b
            b 1.0 needs a>=2
              limits.txt:2 allows only a<2

        hint: loosen limits.txt:2
    """)


def test_requires_python(index: SimpleIndex, fails: Fails) -> None:
    index.add(make_wheel("a", "1.0", requires_python="<3"))
    index.add(make_wheel("a", "2.0", requires_python=">=3.99"))
    said = fails("a")
    version, _, _ = said.partition("Python 3")[2].partition(";")
    assert said.replace(f"Python 3{version};", "Python X;") == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a (from requirements.in:1)

          a 2.0 needs Python >=3.99
          a 1.0 needs Python <3

        hint: this locks for Python X; --python names another interpreter to lock for
    """)


def test_no_fitting_wheel(index: SimpleIndex, fails: Fails) -> None:
    for version in ("1.0", "1.1", "1.2"):
        index.add(make_wheel("a", version, tag="cp27-cp27m-win32"))
    assert fails("a>1") == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a>1 (from requirements.in:1)

          a 1.1 to 1.2 have no wheel that fits, only some for win32
    """)


def test_only_wheels_are_wanted(index: SimpleIndex, fails: Fails) -> None:
    index.add(make_sdist("a", "1.0"))
    assert fails("a", args=("--only-binary", ":all:")) == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a (from requirements.in:1)

          a 1.0 is there as only source distributions

        hint: --only-binary excludes source distributions, --no-binary excludes wheels
    """)


def test_yanked(index: SimpleIndex, fails: Fails) -> None:
    index.add(make_wheel("a", "0.9"))
    index.add(make_wheel("a", "1.0"), yanked="wrong wheels")
    assert fails("a>=1") == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a>=1 (from requirements.in:1)

          a 1.0 is yanked (wrong wheels)

        hint: a yanked release is taken only if it is pinned with ==
    """)


def test_a_pre_release(index: SimpleIndex, fails: Fails) -> None:
    """There is a final release that the requirement admits, so pre-releases stay out although it cannot be used."""
    offer(index, "a 1.0:b<2", "a 2.0b1", "b 2.0")
    assert fails("a", "b") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met

          requirements.in:1 requires a
            a 1.0 needs b<2, which has no such version (newest is 2.0)
            a 2.0b1 is a pre-release

        hint: pre-releases are admitted by --pre, or by a specifier that names one
    """)


def test_a_name_that_nobody_knows(index: SimpleIndex, fails: Fails) -> None:
    assert fails("# comment", "nope>=1") == text("""
        ERROR: ResolutionImpossible: No matching distribution found for nope>=1 (from requirements.in:2)

          nope is not on this index

        hint: check the spelling of nope, and the index that is asked (--index-url, --extra-index-url)
    """)


def test_a_dependency_that_nobody_knows(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0:internal-core>=3")
    assert fails("a") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met

          requirements.in:1 requires a
            a 1.0 needs internal-core>=3, which is not on this index

        hint: check the spelling of internal-core, and the index that is asked (--index-url, --extra-index-url)
    """)


def test_a_version_that_does_not_exist(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0.0")
    assert fails("a==1.0.1") == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a==1.0.1 (from requirements.in:1)

          a has no version 1.0.1 (nearest: 1.0.0)
    """)


def test_a_dependency_of_which_no_such_version_exists(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0:b>=2,<3", *(f"b 1.{minor}" for minor in range(12)))
    assert fails("a") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met

          requirements.in:1 requires a
            a 1.0 needs b>=2,<3, which has no such version (newest is 1.11; there are also 1.10, 1.9, 1.8, 1.7, 1.6, \
1.5, 1.4, 1.3, ...)
    """)


def test_an_old_pin_is_no_part_of_a_conflict(index: SimpleIndex, project: Project, fails: Fails) -> None:
    offer(index, "a 1.0", "a 2.0", "b 1.0:a<2", "other 1.0", "other 2.0")
    expected = fails("b", "a>=2", "other")
    project.write("requirements.txt", "a==1.0", "b==1.0", "other==1.0")
    assert project.compile("--strip-extras").err == expected
    assert "other" not in expected


def test_a_long_run_of_versions(index: SimpleIndex, fails: Fails) -> None:
    """Fifty versions that say nearly the same are one line."""
    offer(index, "a 1.0", "a 1.1", "a 2.0", *(f"b 1.{minor}:a<{1.1 if minor < 25 else 2}" for minor in range(50)))
    assert fails("a>=2", "b") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires a>=2
          requirements.in:2 requires b
            b 1.25 to 1.49 need a<2
            b 1.0 to 1.24 need a<1.1

        hint: loosen requirements.in:1
    """)


def test_many_reasons_at_once(index: SimpleIndex, fails: Fails) -> None:
    """Where every version says something else, only what they share is told."""
    offer(index, *(f"a {major}.0" for major in range(30)), *(f"b {minor}.0:a<{minor}" for minor in range(1, 30)))
    assert fails("a==29.0", "b") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires a==29.0
          requirements.in:2 requires b
            every version of b needs a 0.0 to 28.0

        hint: loosen requirements.in:1
    """)


def test_an_extra(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0", "a 2.0")
    index.add(make_wheel("b", "1.0", requires=["a", "a<2; extra == 'legacy'"], extras=["legacy"]))
    assert fails("b[legacy]", "a>=2") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires b[legacy]
            b[legacy] 1.0 needs a<2
          requirements.in:2 requires a>=2

        hint: loosen requirements.in:2
    """)


def test_a_cut_off_date(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0")
    assert fails("a", args=("--uploaded-prior-to", "2020-01-01T00:00:00Z")) == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a (from requirements.in:1)

          a 1.0 is younger than the cut-off date (uploaded 2024-01-01)

        hint: the cut-off date is set by --uploaded-prior-to
    """)


def test_broken_metadata(index: SimpleIndex, fails: Fails) -> None:
    offer(index, "a 1.0: b=>1")
    assert fails("a") == text("""
        ERROR: ResolutionImpossible: No matching distribution found for a (from requirements.in:1)

          a 1.0 has broken metadata ('b=>1' is not a requirement)
    """)


def test_case_by_case(index: SimpleIndex, fails: Fails) -> None:
    """Neither fact alone excludes anything: then a proof is written, with its reasoning."""
    offer(index, "p 1.0:k==1;m==2", "p 2.0:k==2;m==1", "q 1.0:k==1;m==1", "q 2.0:k==2;m==2")
    offer(index, "k 1", "k 2", "m 1", "m 2")
    assert fails("p", "q") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          Because q 1.0 needs m==1 and q 2.0 needs k==2, every version of q needs k 2 or m 1.
          (1) And because p 1.0 needs m==2 and p 1.0 needs k==1, p 1.0 and q cannot be chosen together.

          Because q 2.0 needs m==2 and q 1.0 needs k==1, every version of q needs k 1 or m 2.
          And because p 2.0 needs m==1 and p 2.0 needs k==2, p 2.0 and q cannot be chosen together.
          And because p 1.0 and q cannot be chosen together (1), p and q cannot be chosen together.
          So, because requirements.in:2 requires q and requirements.in:1 requires p, there is no solution.

        hint: drop requirements.in:1 or requirements.in:2
    """)


def test_what_is_wrong_with_many_versions_is_told_in_short(index: SimpleIndex, fails: Fails) -> None:
    """First what versions need, then who is out; scattered versions by their ends."""
    offer(index, *(f"a {major}.{kind}" for major in range(20) for kind in ("0", "1rc1")))
    offer(index, *(f"b {major}.0:a!={major}.0,>=4,!=7.0,!=9.0,!=11.0,!=13.0" for major in range(1, 9)))
    offer(index, "b 1.1rc1", "b 3.1rc1")
    index.add(make_wheel("b", "9.0"), yanked="first try")
    index.add(make_wheel("b", "10.0"), yanked="second try")
    assert fails("a<4", "b") == text("""
        ERROR: ResolutionImpossible: the requirements cannot be met together

          requirements.in:1 requires a<4
          requirements.in:2 requires b
            b 1.0 to 8.0 need some a from 4.0 to 19.0
            the pre-releases of b are left out
            b 9.0 to 10.0 are yanked (second try)

        hint: loosen requirements.in:1
    """)
