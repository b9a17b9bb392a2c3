"""Logins leave the addresses of git repositories, and reach git in files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from piptools_clone.index.checkout import Login, own_git_configs, render_git_config, render_login, without_login


@pytest.mark.parametrize(
    ("url", "address", "login"),
    [
        ("git+https://u:p@h/r.git@b#egg=r", "git+https://h/r.git@b#egg=r", Login("https://h", "u", "p")),
        ("GIT+HTTPS://u:p@h:1/r@b", "git+https://h:1/r@b", Login("https://h:1", "u", "p")),
        ("git+http://me%40x:a@b%2F@h/r", "git+http://h/r", Login("http://h", "me@x", "a@b/")),
        ("git+https://token@h/r", "git+https://h/r", Login("https://h", "token", None)),
        ("git+https://token:@h/r", "git+https://h/r", Login("https://h", "token", "")),
        ("git+https://h/r@b", "git+https://h/r@b", None),
        ("git+https://h", "git+https://h", None),
        ("git+ssh://git@h/r@b", "git+ssh://git@h/r@b", None),
        ("hg+https://u:p@h/r", "hg+https://u:p@h/r", None),
        ("git+file:///r@b", "git+file:///r@b", None),
    ],
)
def test_the_login_of_an_address(url: str, address: str, login: Login | None) -> None:
    assert without_login(url) == (address, login)


def test_what_git_makes_of_it(tmp_path) -> None:
    """Git itself reads the files: odd characters in a password or a path change nothing."""
    folder = tmp_path / 'it\'s "here"'
    folder.mkdir()
    mine, config, store = tmp_path / "mine", tmp_path / "config", folder / "logins"
    mine.write_text("[user]\n\tname = me\n[credential]\n\thelper = !false\n")
    login = Login("https://h.example:8443", 'u"\\ #;', "p'\"\\:@/ä%")
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
