"""The fields that are read of core metadata."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.errors import BoundExceeded, MetadataError
from piptools_clone.index.metadata.core_metadata import (
    METADATA_LIMIT,
    REQUIREMENTS_LIMIT,
    dump_metadata,
    load_metadata,
    parse_headers,
    parse_metadata,
)
from piptools_clone.index.metadata.sdist import settled_metadata
from piptools_clone.index.metadata.static_project import parse_static_project
from piptools_clone.model.candidate import CoreMetadata

WHEEL = "my_app-1.0-py3-none-any.whl"


def test_fields_up_to_the_first_blank_line():
    data = (
        b"Metadata-Version: 2.1\nName: My.App\nversion: 1.0\nSummary: x\n  Requires-Dist: not-this\n"
        b"Requires-Dist: b (>=1)\nRequires-Dist: c;\n python_version\n\t> '3'\nREQUIRES-PYTHON:>=3.8\n"
        b"Provides-Extra: test\nDescription: Requires-Dist: nor-this\n\nRequires-Dist: nor-that\n"
    )
    expected = CoreMetadata("My.App", "1.0", ("b (>=1)", "c; python_version > '3'"), ">=3.8", ("test",))
    assert parse_metadata(data, WHEEL) == expected
    assert parse_metadata(data.replace(b"\n", b"\r\n"), WHEEL) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\nName: my-app\nVersion: 1.0",
        b"Name: my-app\n",
        b"Version: 1.0\n",
        b"Name: my-app\nVersion: one\n",
        b"Name: my app\nVersion: 1.0\n",
        b"Name: other\nVersion: 1.0\n",
        b"Name: my-app\nVersion: 1.1\n",
        b"Name: my-app\nVersion: " + b"1" * 5000,
        b"\x00\xff\n",
    ],
)
def test_broken_metadata(data):
    with pytest.raises(MetadataError, match=r"my_app-1\.0"):
        parse_metadata(data, WHEEL)


def test_the_version_may_be_spelled_otherwise():
    assert parse_metadata(b"Name: my_app\nVersion: 1.0.0\n", WHEEL).version == "1.0.0"


def test_metadata_has_a_bound():
    with pytest.raises(BoundExceeded):
        parse_headers(b"x" * (METADATA_LIMIT + 1), "x")


def test_requirements_have_a_bound():
    """Each of them may cost a page."""
    head, line = b"Name: x\nVersion: 1\n", b"Requires-Dist: y\n"
    assert len(parse_headers(head + line * REQUIREMENTS_LIMIT, "x").metadata.requires_dist) == REQUIREMENTS_LIMIT
    with pytest.raises(BoundExceeded, match="the metadata of x names more than the bound of 20,000 requirements"):
        parse_headers(head + line * (REQUIREMENTS_LIMIT + 1), "x")
    listed = ["y"] * (REQUIREMENTS_LIMIT + 1)
    project = f"[project]\nname = 'x'\nversion = '1'\ndependencies = {listed}\n"
    with pytest.raises(BoundExceeded, match="requirements"):
        settled_metadata({"pyproject.toml": project.encode()}, "x-1.tar.gz")


texts = st.text(max_size=30)


names, versions = st.sampled_from(["a", "A.b-c_1"]), st.sampled_from(["1.0", "1!2.0rc1+local"])


@given(
    st.builds(CoreMetadata, names, versions, st.lists(texts).map(tuple), st.none() | texts, st.lists(texts).map(tuple))
)
def test_the_cached_form_gives_back_the_metadata(metadata):
    assert load_metadata(dump_metadata(metadata)) == metadata


def test_a_static_project():
    found = parse_static_project(
        b"""[project]
name = "my-app"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["b>=1; python_version > '3'"]
[project.optional-dependencies]
test = ["c", "d; os_name == 'nt' or os_name == 'java'"]
"""
    )
    assert found == CoreMetadata(
        "my-app",
        "1.0",
        (
            'b>=1; python_version > "3"',
            'c; extra == "test"',
            'd; (os_name == "nt" or os_name == "java") and extra == "test"',
        ),
        ">=3.9",
        ("test",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'a'",
        "[project]\nname = 'a'\ndynamic = ['version']",
        "[project]\nname = 'a'\nversion = '1'\ndynamic = ['dependencies']",
        "[project]\nname = 'a'\nversion = '1'\ndynamic = ['optional-dependencies']",
        "[project]\nname = 'a'\nversion = '1'\ndependencies = ['???']",
        "[project]\nname = 'a'\nversion = '1'\ndependencies = 'b'",
        "[project]\nname = 'a'\nversion = 'one'",
        "[project\n",
        "project = 1",
    ],
)
def test_a_project_that_does_not_tell_all(text):
    assert parse_static_project(text.encode()) is None


PKG_INFO = b"Metadata-Version: %s\nName: a\nVersion: 1.0\nRequires-Dist: b\n%s\n"


@pytest.mark.parametrize(
    ("texts", "requires"),
    [
        ({"PKG-INFO": PKG_INFO % (b"2.2", b"")}, ("b",)),
        ({"PKG-INFO": PKG_INFO % (b"2.10", b"Dynamic: License\n")}, ("b",)),
        ({"PKG-INFO": PKG_INFO % (b"2.2", b"Dynamic: requires-dist\n")}, None),
        ({"PKG-INFO": PKG_INFO % (b"2.1", b"")}, None),
        ({"PKG-INFO": b"?"}, None),
        ({}, None),
        (
            {
                "PKG-INFO": PKG_INFO % (b"2.1", b""),
                "pyproject.toml": b"[project]\nname='a'\ndynamic=['version']\ndependencies=['c']",
            },
            ("c",),
        ),
    ],
)
def test_what_a_source_distribution_settles(texts, requires):
    found = settled_metadata(texts, "a-1.0.tar.gz")
    assert (found.requires_dist if found else None) == requires
