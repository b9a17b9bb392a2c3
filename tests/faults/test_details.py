"""What ``--verbose`` tells: places that are asked, lines that a marker leaves out, what is hashed, what was dropped."""

from __future__ import annotations

from pathlib import Path

from piptools_clone.errors import HashMismatch
from tests.support.packages import make_wheel
from tests.support.project import Project as CompileProject
from tests.support.simple_index import SimpleIndex
from tests.sync.project import Project


def test_a_compile_tells_its_details_when_asked(project: CompileProject, index: SimpleIndex) -> None:
    for package in (make_wheel("a", "1.0"), make_wheel("a", "2.0"), make_wheel("b", "1.0", requires=["a>=2"])):
        index.add(package)
    project.write("requirements.txt", "a==1.0", "gone==1.0")
    project.want("b", "c ; python_version < '3'")
    quiet = project.compile("--dry-run")
    told = project.compile("--dry-run", "--verbose", "--generate-hashes", "--find-links", str(project.root))
    for words in (
        f"Using indexes:\n  {index.url}\n",
        f"Using links:\n  {project.root}\n",
        'requirements.in:2: c is left out, for its marker does not hold: python_version < "3"',
        "Dropping a==1.0 of the old lock: it does not fit any more.",
        "Dropping gone==1.0 of the old lock: nothing needs it any more.",
        "Generating hashes:\n  a\n  b\n",
    ):
        assert words in told.err
        assert words not in quiet.err


def test_passwords_are_not_among_them(project: CompileProject, index: SimpleIndex) -> None:
    index.add(make_wheel("a", "1.0"))
    project.want("a")
    told = project.compile("--verbose", "--index-url", index.url_with("me", "hunter2"))
    assert "Using indexes:" in told.err
    assert "hunter2" not in told.err


def test_a_sync_tells_which_lines_are_left_out(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.offer(make_wheel("a", "1.0"))
    made.sync("a==1.0\nb==1.0 ; python_version < '3'\n")
    assert any(":2: b is left out, for its marker does not hold" in text for text in made.hearer.said)


def test_a_wrong_hash_is_shown_beside_those_that_were_expected(tmp_path: Path) -> None:
    made = Project(tmp_path)
    wheel = make_wheel("a", "1.0")
    made.offer(wheel)
    hashes = " ".join(f"--hash=sha256:{digit * 64}" for digit in "12345")
    said = made.fails(f"a==1.0 {hashes}\n", HashMismatch, "which the lock does not list")
    assert f"sha256:{wheel.sha256}" in said
    assert f"it lists sha256:{'1' * 64}, sha256:{'2' * 64}, sha256:{'3' * 64} and 2 more" in said
