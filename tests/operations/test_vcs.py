"""Repositories: as typed by default; with ``--pin-vcs`` at the commit they came to, which then stays."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.packages import make_wheel, write_project

BODY = ("-q", "--no-header", "--no-emit-options", "--strip-extras")
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@idx.example")


class Repository:
    """A repository on disk that is also a project."""

    def __init__(self, folder) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.version = 0

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *AUTHOR, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def release(self, *requires: str) -> str:
        """Commit another version, and return the commit."""
        self.version += 1
        fields = f'[project]\nname = "r"\nversion = "{self.version}"\ndependencies = {list(requires)}\n'
        write_project(self.folder, "r", str(self.version), requires=requires, pyproject=fields)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "another")
        return self.git("rev-parse", "HEAD")

    @property
    def url(self) -> str:
        return f"git+file://{self.folder}"


@pytest.fixture
def repository(project) -> Repository:
    for name in "ab":
        project.index.add(make_wheel(name, "1"))
    return Repository(project.root / "repository")


def lock(project, *options: str) -> str:
    run = project.compile(*BODY, *options)
    assert run.code == 0, run.err
    return run.lock.decode()


def test_a_branch_becomes_a_commit_and_stays_one_until_it_is_upgraded(project, repository):
    first = repository.release("a")
    project.want(f"r @ {repository.url}@main")
    expected = f"r @ {repository.url}@{first}\n    # via -r requirements.in (@main)\n"
    assert lock(project, "--pin-vcs") == f"a==1\n    # via r\n{expected}"
    second = repository.release("b")
    assert expected in lock(project, "--pin-vcs")
    assert f"@{second}\n" in lock(project, "--pin-vcs", "-P", "r")
    third = repository.release("b")
    assert f"@{third}\n" in lock(project, "--pin-vcs", "-U")


def test_another_branch_is_another_wish(project, repository):
    repository.release("a")
    project.want(f"r @ {repository.url}@main")
    lock(project, "--pin-vcs")
    repository.git("checkout", "-q", "-b", "other")
    other = repository.release("b")
    project.want(f"r @ {repository.url}@other")
    assert f"r @ {repository.url}@{other}\n    # via -r requirements.in (@other)\n" in lock(project, "--pin-vcs")


def test_without_a_branch_it_is_the_head(project, repository):
    commit = repository.release()
    project.want(f"-e {repository.url}#egg=r")
    assert lock(project, "--pin-vcs") == f"-e {repository.url}@{commit}#egg=r\n    # via -r requirements.in (@HEAD)\n"


def test_a_commit_needs_no_note(project, repository):
    commit = repository.release()
    repository.release()
    project.want(f"r @ {repository.url}@{commit}")
    assert lock(project, "--pin-vcs") == f"r @ {repository.url}@{commit}\n    # via -r requirements.in\n"


def test_without_the_option_it_stays_as_typed(project, repository):
    repository.release()
    project.want(f"{repository.url}@main#egg=r")
    assert lock(project) == f"r @ {repository.url}@main\n    # via -r requirements.in\n"


def test_the_lock_itself_says_whether_it_is_up_to_date(project, repository):
    repository.release("a")
    project.want(f"r @ {repository.url}@main")
    lock(project, "--pin-vcs")
    args = (*BODY, "--pin-vcs", "--check", "--offline")
    assert project.compile(*args).code == 0
    project.want(f"r @ {repository.url}@main", "b")
    assert project.compile(*args).code == 1
