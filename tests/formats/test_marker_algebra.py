"""Markers with the chosen extras known, checked against evaluation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from piptools_clone.formats.requirements.marker_algebra import conjunction, disjunction, drop_extras, mentions_extra


@pytest.mark.parametrize(
    ("marker", "extras", "expected"),
    [
        ("os_name == 'nt'", ["dev"], Marker("os_name == 'nt'")),
        ("extra == 'dev'", ["dev"], True),
        ("extra == 'dev'", [], False),
        ("'Dev_X' == extra", ["dev-x"], True),
        ("extra == 'dev' or os_name == 'nt'", ["dev"], True),
        ("extra == 'dev' or os_name == 'nt'", [], Marker("os_name == 'nt'")),
        ("extra == 'dev' and os_name == 'nt'", ["dev"], Marker("os_name == 'nt'")),
        ("extra == 'dev' and os_name == 'nt'", ["test"], False),
        ("os_name == 'nt' and (extra == 'a' or extra == 'b')", ["b"], Marker("os_name == 'nt'")),
        (
            "extra == 'a' and os_name == 'nt' or extra == 'b' and os_name == 'posix'",
            ["a", "b"],
            Marker("os_name == 'nt' or os_name == 'posix'"),
        ),
        ("extra != 'dev'", ["dev"], True),
        ("extra == 'a' and extra == 'b'", ["a", "b"], False),
        ("extra in 'dev test'", ["dev"], True),
        ("extra not in 'dev'", ["dev"], False),
    ],
)  # fmt: skip
def test_drop_extras(marker: str, extras: list[str], expected: Marker | bool) -> None:
    assert drop_extras(Marker(marker), extras) == expected


def test_no_marker_holds() -> None:
    assert drop_extras(None, ["dev"]) is True


def test_combinations() -> None:
    marker = Marker("os_name == 'nt'")
    assert conjunction([True, marker, marker]) == marker == disjunction([marker, False])
    assert conjunction([marker, False]) is False
    assert disjunction([marker, True]) is True
    assert (conjunction([]), disjunction([])) == (True, False)


ATOMS = st.sampled_from(
    ['extra == "a"', 'extra == "b"', '"a" != extra', 'os_name == "nt"', 'os_name != "java"', 'python_version < "3.9"']
)
MARKERS = st.recursive(
    ATOMS, lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})")
).map(Marker)


@given(
    MARKERS,
    st.sets(st.sampled_from(["a", "b", "c"])),
    st.sampled_from(["nt", "posix", "java"]),
    st.sampled_from(["3.8", "3.12"]),
)
def test_what_is_left_says_the_same_on_every_target(
    marker: Marker, extras: set[str], os_name: str, python: str
) -> None:
    """A requirement holds if it holds without an extra or with one of those chosen."""
    environment = {"os_name": os_name, "python_version": python}
    expected = any(marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
    left = drop_extras(marker, extras)
    if isinstance(left, Marker):
        assert not mentions_extra(left)
        assert left.evaluate(environment) is expected
    else:
        assert left is expected
