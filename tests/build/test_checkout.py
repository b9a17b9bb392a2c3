"""Logins leave the addresses of repositories, and reach the programs in files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from piptools_clone.build.build_folder import BuildFolder
from piptools_clone.build.build_options import BuildOptions
from piptools_clone.build.checkout import (
    own_git_configs,
    prepare_checkout,
    render_authentication,
    render_git_config,
    render_hgrc,
    render_login,
)
from piptools_clone.build.login import Login
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.errors import BuildFailure
from piptools_clone.model.policy import Policy
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import write_project


def test_what_git_makes_of_it(tmp_path) -> None:
    """Git itself reads the files: odd characters in a password or a path change nothing."""
    folder = tmp_path / 'it\'s "here"'
    folder.mkdir()
    mine, config, store = tmp_path / "mine", tmp_path / "config", folder / "logins"
    mine.write_text("[user]\n\tname = me\n[credential]\n\thelper = !false\n")
    login = Login("git", "https://h.example:8443", 'u"\\ #;', "p'\"\\:@/ä%")
    config.write_text(render_git_config([str(tmp_path / "none"), str(mine)], login, str(store)))
    store.write_text(render_login(login))
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": str(config), "GIT_TERMINAL_PROMPT": "0"}

    def git(*words: str, asked: str = "") -> str:
        done = subprocess.run(["git", *words], env=environ, input=asked, capture_output=True, text=True, check=False)
        return done.stdout

    assert git("config", "user.name") == "me\n"
    answer = git("credential", "fill", asked="protocol=https\nhost=h.example:8443\npath=r.git\n\n")
    assert f"username={login.user}\npassword={login.password}\n" in answer
    assert "password" not in git("credential", "fill", asked="protocol=https\nhost=other.example\n\n")


def test_the_files_that_git_reads_for_a_user() -> None:
    at_home = [str(Path("/me", ".config", "git", "config")), str(Path("/me", ".gitconfig"))]
    assert own_git_configs({"HOME": "/me"}) == at_home
    assert own_git_configs({"HOME": "/me", "GIT_CONFIG_GLOBAL": "/x"}) == [str(Path("/x").absolute())]
    assert own_git_configs({"HOME": "/me", "GIT_CONFIG_GLOBAL": ""}) == []
    assert own_git_configs({}) == []


FAKE = """#!{python}
import json, os, shutil, sys
words, home = sys.argv[1:], os.environ["HOME"]
told = sys.stdin.readline() if "--password-from-stdin" in words else ""
for name in (".hgrc", "breezy/authentication.conf", ".bazaar/authentication.conf"):
    if os.path.exists(os.path.join(home, name)):
        told += open(os.path.join(home, name)).read()
        assert not os.stat(os.path.join(home, name)).st_mode & 0o077
json.dump([words, told, dict(os.environ)], open({log!r} + str(len(os.listdir({log!r}))), "w"))
if words[0] in ("clone", "checkout"):
    shutil.copytree({project!r}, words[-1], dirs_exist_ok=True)
print("0" * 40)
"""


@pytest.mark.skipif(os.name == "nt", reason="a script cannot stand for a program")
@pytest.mark.parametrize("program", ["hg", "svn", "bzr"])
def test_a_password_is_told_and_seen_by_nobody(program: str, tmp_path: Path) -> None:
    """Pip runs a program that writes down its arguments and its environment, and what it was told else."""
    log, fake = f"{tmp_path}/log/", tmp_path / "bin" / program
    project = write_project(tmp_path / "project", "a", "1.0")
    for folder in (Path(log), fake.parent):
        folder.mkdir()
    fake.write_text(FAKE.format(python=sys.executable, log=log, project=str(project)))
    fake.chmod(stat.S_IRWXU)
    environ = {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}
    builder = PipBuilder(IndexSettings(), Policy(), environ=environ, announce=str, options=BuildOptions(timeout=60))
    built = builder.build(f"{program}+https://me%40x:s3cret@h.example:8443/r@7", "a", is_vcs=True)
    assert built.metadata.name == "a"
    calls = [json.loads(each.read_text()) for each in sorted(Path(log).iterdir(), key=lambda each: int(each.name))]
    words, told, _ = calls[0]
    assert "https://h.example:8443/r" in words
    assert "s3cret" in told
    assert "me@x" in (words if program == "svn" else told)
    assert "s3cret" not in json.dumps([[words, environment] for words, _, environment in calls])


def test_what_mercurial_makes_of_it() -> None:
    login = Login("hg", "static-http://h:8080", "me", 'p #;"=x')
    assert render_hgrc(login) == '[auth]\nit.prefix = http://h:8080/\nit.username = me\nit.password = p #;"=x\n'


@pytest.mark.parametrize(
    ("server", "password", "lines"),
    [
        ("https://h", "p,x#'", ['host = "h"', 'password = "p,x#\'"']),
        ("ftp://h:21", ' "', ['host = "h"', "password = ' \"'", 'port = "21"']),
        ("https://[::1]:8443", "p", ['host = "::1"', 'port = "8443"']),
        ("https://[::1]", "p", ['host = "::1"']),
    ],
)
def test_what_bazaar_makes_of_it(server: str, password: str, lines: list[str]) -> None:
    written = render_authentication(Login("bzr", server, "me", password)).splitlines()
    assert set(lines) <= set(written)
    assert any(line.startswith("port") for line in written) == any("port" in line for line in lines)


@pytest.mark.parametrize(
    "url",
    [
        "hg+https://$HOME:p@h/r",
        "hg+https://me:p%20@h/r",
        "hg+https://me:p%0A[hooks]@h/r",
        "bzr+https://me:'%22@h/r",
        "bzr+https://me:p%0A@h/r",
        "svn+https://me:p%0A@h/r",
        "svn+ssh://me:p@h/r",
        "git+ssh://me:p@h/r",
        "bzr+sftp://me:p@h/r",
    ],
)
def test_a_password_that_others_could_see_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(BuildFailure, match="for everybody on this machine to read") as raised:
        prepare_checkout(BuildFolder(str(tmp_path)), url, "a", {"PATH": ""}, {})
    assert ":p" not in raised.value.message


def test_the_user_s_own_configuration_of_mercurial_is_read_too(tmp_path: Path) -> None:
    environment = {"PATH": "", "HGRCPATH": "/etc/mine"}
    assert prepare_checkout(BuildFolder(str(tmp_path)), "hg+https://u:p@h/r", "a", environment, {}) == "hg+https://h/r"
    assert environment["HGRCPATH"] == os.pathsep.join(["/etc/mine", str(tmp_path / "home" / ".hgrc")])
