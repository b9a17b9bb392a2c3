"""Logins leave the addresses of repositories where their programs can be told otherwise."""

from __future__ import annotations

import pytest

from piptools_clone.build.login import Login, has_password, without_login


@pytest.mark.parametrize(
    ("url", "address", "login"),
    [
        ("git+https://u:p@h/r.git@b#egg=r", "git+https://h/r.git@b#egg=r", Login("git", "https://h", "u", "p")),
        ("GIT+HTTPS://u:p@h:1/r@b", "git+https://h:1/r@b", Login("git", "https://h:1", "u", "p")),
        ("git+http://me%40x:a@b%2F@h/r", "git+http://h/r", Login("git", "http://h", "me@x", "a@b/")),
        ("git+https://token@h/r", "git+https://h/r", Login("git", "https://h", "token", None)),
        ("git+https://token:@h/r", "git+https://h/r", Login("git", "https://h", "token", "")),
        ("git+https://h/r@b", "git+https://h/r@b", None),
        ("git+https://h", "git+https://h", None),
        ("git+ssh://git@h/r@b", "git+ssh://git@h/r@b", None),
        ("git+file:///r@b", "git+file:///r@b", None),
        ("hg+https://u:p@h/r@b", "hg+https://h/r@b", Login("hg", "https://h", "u", "p")),
        ("hg+static-http://u:p@h/r", "hg+static-http://h/r", Login("hg", "static-http://h", "u", "p")),
        ("svn+svn://u:p@h/r", "svn+svn://h/r", Login("svn", "svn://h", "u", "p")),
        ("bzr+ftp://u:p@h/r", "bzr+ftp://h/r", Login("bzr", "ftp://h", "u", "p")),
        ("hg+https://u@h/r", "hg+https://u@h/r", None),
        ("svn+ssh://u:p@h/r", "svn+ssh://u:p@h/r", None),
        ("https://u:p@h/r", "https://u:p@h/r", None),
    ],
)
def test_the_login_of_an_address(url: str, address: str, login: Login | None) -> None:
    assert without_login(url) == (address, login)


def test_whether_an_address_has_a_password() -> None:
    assert has_password("svn+ssh://u:p@h/r")
    assert not has_password("svn+ssh://u@h/r@p:q")
    assert not has_password("svn+ssh://u:@h/r")
    assert not has_password("hg+file:///a:b@c/r")
