"""Repositories: as typed by default; with ``--pin-vcs`` at the commit they came to, which then stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from urllib.parse import quote

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


SECRET = "s3cr3t/ä"


class Forge:
    """The repository behind a password, and a git that writes down what it is called with."""

    def __init__(self, project, repository, server) -> None:
        self.log = project.root / "argv"
        self._repository = repository
        self._server = server
        real = shutil.which("git")
        spy = project.root / "bin" / "git"
        spy.parent.mkdir()
        spy.write_text(f'#!/bin/sh\necho "$@" >> {self.log}\nexec {real} "$@"\n')
        spy.chmod(0o755)
        self.environ = {"PATH": f"{spy.parent}:{os.environ['PATH']}"}

    def address(self, user_info: str = "") -> str:
        """Publish what is committed, for git's plain HTTP; the address is that of main."""
        self._repository.git("update-server-info")
        folder = self._repository.folder / ".git"
        for path in folder.rglob("*"):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                self._server.serve(f"/r.git/{name}", path.read_bytes(), "application/octet-stream")
        return f"git+http://{user_info}{self._server.host}/r.git@main"


@pytest.fixture
def forge(project, repository, simple_index) -> Forge:
    return Forge(project, repository, simple_index(auth=("me", SECRET), compress=False))


@pytest.mark.skipif(sys.platform == "win32", reason="the git that writes down is a script")
@pytest.mark.parametrize("editable", [False, True])
def test_a_password_stays_out_of_arguments(project, repository, forge, editable):
    """Everybody on a machine can read the arguments of a process."""
    repository.release("a")
    address = forge.address(f"me:{quote(SECRET, safe='')}@")
    project.want(f"-e {address}#egg=r" if editable else f"r @ {address}")
    run = project.compile(*BODY, env=forge.environ)
    assert run.code == 0, run.err
    assert "a==1" in run.lock.decode()
    assert "clone" in forge.log.read_text()
    for text in (forge.log.read_text(), run.err, run.lock.decode()):
        assert "s3cr3t" not in text


def test_the_users_own_configuration_of_git_holds(project, repository, forge):
    """The server is only known under another name, which the configuration of the user explains."""
    repository.release("a")
    real = forge.address().removeprefix("git+").removesuffix("r.git@main")
    (project.home / ".gitconfig").write_text(f'[url "{real}"]\n\tinsteadOf = "http://idx.example/"\n')
    store = project.home / "store"
    store.write_text(f"http://me:{quote(SECRET, safe='')}@{forge.address().split('/')[2]}\n")
    with (project.home / ".gitconfig").open("a") as file:
        file.write(f"[credential]\n\thelper = store --file={store}\n")
    project.want("r @ git+http://idx.example/r.git@main")
    assert "a==1" in lock(project)


def test_a_wrong_password_is_an_error_that_shows_none(project, repository, forge):
    repository.release("a")
    project.want(f"r @ {forge.address('me:wr0ng@')}")
    run = project.compile(*BODY)
    assert run.code == 2
    assert "Authentication failed" in run.err or "could not read" in run.err
    assert "wr0ng" not in run.err
