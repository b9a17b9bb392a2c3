"""Which versions may be chosen, by which file, and why others may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from packaging.version import Version

from piptools_clone.errors import IndexFailure
from piptools_clone.index.finder import Finder
from piptools_clone.index.pages.listing import Listing, ProjectStatus
from piptools_clone.index.pages.page import select
from piptools_clone.index.pages.project import Project, ProjectSource
from piptools_clone.model.artifact import Artifact
from piptools_clone.model.candidate import Candidate, Reason, Rejection
from piptools_clone.model.policy import FormatControl, Policy
from piptools_clone.model.target import Target

TAGS = ("cp312-cp312-manylinux_2_28_x86_64", "cp312-abi3-linux_x86_64", "py3-none-linux_x86_64", "py3-none-any")
TARGET = Target({"python_full_version": "3.12.1", "python_version": "3.12"}, TAGS)
WHEEL, SDIST = "a-1.0-py3-none-any.whl", "a-1.0.tar.gz"


def project(*files, name="a", status=None):
    artifacts = [file if isinstance(file, Artifact) else Artifact(file, f"https://h/{file}") for file in files]
    listing = Listing(artifacts, [], status or ProjectStatus())
    return Project(name, [ProjectSource("https://idx.example/simple/", select(listing, name))])


def examine(*files, policy=None, i=0, **more):
    return Finder(policy or Policy(), TARGET).examine(project(*files), i, **more)


def preferred(*files, **more):
    found = examine(*files, **more)
    assert isinstance(found, Candidate), found
    return found.preferred.filename


def artifact(filename=SDIST, **facts):
    return Artifact(filename, f"https://h/{filename}")._replace(**facts)


@pytest.mark.parametrize(
    ("files", "best"),
    [
        ([SDIST, WHEEL], WHEEL),
        (["a-1.0-cp313-cp313-win32.whl", SDIST], SDIST),
        ([WHEEL, "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"], "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
        (
            [WHEEL, "a-1.0-cp39.cp312-abi3-linux_i686.linux_x86_64.whl"],
            "a-1.0-cp39.cp312-abi3-linux_i686.linux_x86_64.whl",
        ),
        (["a-1.0-2-py3-none-any.whl", "a-1.0-10-py3-none-any.whl", WHEEL], "a-1.0-10-py3-none-any.whl"),
        (["a-1.0-1a-py3-none-any.whl", "a-1.0-1b-py3-none-any.whl"], "a-1.0-1b-py3-none-any.whl"),
        (["a-1.0-9-py3-none-any.whl", "a-1.0-py3-none-linux_x86_64.whl"], "a-1.0-py3-none-linux_x86_64.whl"),
    ],
)
def test_the_file_that_pip_would_take(files, best):
    assert preferred(*files) == best
    assert preferred(*reversed(files)) == best


def test_every_file_of_the_version_is_kept_for_its_hash():
    found = examine(WHEEL, SDIST, "a-1.0-cp313-cp313-win32.whl")
    assert [file.filename for file in found.artifacts] == [WHEEL, SDIST, "a-1.0-cp313-cp313-win32.whl"]


@pytest.mark.parametrize(
    ("files", "rejection"),
    [
        (["a-1.0-cp312-cp312-win32.whl", "a-1.0-cp312-cp312-macosx_11_0_arm64.whl"], "macosx_11_0_arm64, win32"),
        (["a-1.0-cp313-cp313-linux_x86_64.whl", "a-1.0-cp312-cp312-win32.whl"], "cp313"),
        (["a-1.0-cp310-abi4-linux_x86_64.whl"], "cp310 (abi4)"),
    ],
)
def test_wheels_that_do_not_fit(files, rejection):
    assert examine(*files) == Rejection(Reason.NO_WHEEL, f"wheels only for: {rejection}")


@pytest.mark.parametrize(
    ("requires", "fits"), [(">=3.12", True), ("<3.12", False), (">=3.12.2", False), (">=3.6.*", True), ("what?", True)]
)
def test_requires_python(requires, fits):
    found = examine(artifact(requires_python=requires))
    assert isinstance(found, Candidate) is fits
    if not fits:
        assert found == Rejection(Reason.REQUIRES_PYTHON, f"Requires-Python {requires}")
    finder = Finder(Policy(), TARGET)
    assert finder.python_fits(requires) is fits
    assert finder.python_fits(None)


def test_requires_python_is_said_before_tags():
    wheel = artifact("a-1.0-cp313-cp313-linux_x86_64.whl", requires_python=">=3.13")
    assert examine(wheel, artifact(requires_python=">=3.13")).reason is Reason.REQUIRES_PYTHON


@pytest.mark.parametrize(
    ("control", "files", "result"),
    [
        (FormatControl(only_binary=frozenset({":all:"})), [WHEEL, SDIST], WHEEL),
        (FormatControl(no_binary=frozenset({"a"})), [WHEEL, SDIST], SDIST),
        (FormatControl(only_binary=frozenset({"a"})), [SDIST], "only source distributions"),
        (FormatControl(no_binary=frozenset({":all:"})), [WHEEL], "only wheels"),
        (FormatControl(no_binary=frozenset({":all:"}), only_binary=frozenset({"a"})), [WHEEL, SDIST], WHEEL),
    ],
)
def test_format_control(control, files, result):
    found = examine(*files, policy=Policy(format_control=control))
    if isinstance(found, Rejection):
        assert found == Rejection(Reason.FORMAT, result)
    else:
        assert found.preferred.filename == result


def test_a_version_is_yanked_when_every_usable_file_is():
    yanked = artifact(WHEEL, yanked="broken")
    assert preferred(yanked, SDIST) == SDIST
    found = examine(yanked, artifact("a-1.0-cp313-cp313-win32.whl"))
    assert found.preferred.yanked == "broken"


CUT_OFF = Policy(uploaded_prior_to=datetime(2024, 6, 1, tzinfo=UTC))


def test_the_cut_off_date():
    old, new = artifact(WHEEL, upload_time="2024-05-31T23:59:59.9Z"), artifact(upload_time="2024-06-01T00:00:00Z")
    assert preferred(new, old, policy=CUT_OFF) == WHEEL
    assert examine(new, policy=CUT_OFF) == Rejection(Reason.TOO_NEW, "uploaded 2024-06-01")
    assert isinstance(examine(new, policy=CUT_OFF, locked=True), Candidate)
    assert isinstance(examine(artifact(url="file:///w/" + SDIST), policy=CUT_OFF), Candidate)


@pytest.mark.parametrize("time", [None, "yesterday"])
def test_a_cut_off_date_needs_upload_times(time):
    with pytest.raises(IndexFailure, match=r"https://idx\.example/simple/ tells no upload time"):
        examine(artifact(upload_time=time), policy=CUT_OFF)


def test_required_hashes():
    good, unknown = artifact(hashes=(("sha256", "aa"),)), artifact("a-1.0.zip")
    bad = artifact(WHEEL, hashes=(("sha256", "bb"),))
    policy = Policy(hashes=(("a", ("sha256:aa",)),))
    assert preferred(bad, good, policy=policy) == SDIST
    assert preferred(unknown, good, policy=policy) == SDIST
    assert preferred(unknown, bad, policy=policy) == "a-1.0.zip"
    assert examine(bad, policy=policy) == Rejection(Reason.HASHES)


def test_a_quarantined_project_is_refused():
    found = Finder(Policy(), TARGET).examine(project(SDIST, status=ProjectStatus("quarantined", "malware")), 0)
    assert found == Rejection(Reason.QUARANTINED, "malware")


def test_the_order_of_trial():
    offered = project("a-1.0.tar.gz", "a-2.0-py3-none-any.whl", "a-3.0.tar.gz")
    assert Finder(Policy(), TARGET).ranked(offered) == (2, 1, 0)
    assert Finder(Policy(prefer_binary=True), TARGET).ranked(offered) == (1, 2, 0)


def test_sources_are_merged():
    def page(*files):
        return select(Listing([Artifact(file, f"https://h/{file}") for file in files], []), "a")

    merged = Project(
        "a",
        [
            ProjectSource("/wheels", page("a-1.0-py3-none-any.whl"), is_index=False),
            ProjectSource("https://one.example", page("a-1.0.0.tar.gz", "a-2.0+local.tar.gz")),
            ProjectSource("https://two.example", page("a-2.0.tar.gz", "a-0.1.tar.gz")),
        ],
    )
    assert merged.versions == tuple(map(Version, ["0.1", "1.0", "2.0", "2.0+local"]))
    assert [(file.filename, file.source) for file in merged.artifacts(1)] == [
        ("a-1.0-py3-none-any.whl", "/wheels"),
        ("a-1.0.0.tar.gz", "https://one.example"),
    ]
    assert merged.found_on == ("https://one.example", "https://two.example")
    assert merged.exists
    assert not Project("b").exists
    assert Project("b").versions == ()
