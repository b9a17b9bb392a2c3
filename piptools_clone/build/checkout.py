"""What the programs know with which pip checks repositories out: the login of the address, and git its configuration.

All users of a machine can read the arguments of a process, and pip hands addresses on as arguments.  So user name and
password leave the address, and the program is given them in files that only this user can read:

* git in a configuration (``git-config``) and a store of credentials (``git-credential-store``) for the one server;
* Mercurial in the section ``[auth]`` of a configuration (``hgrc``), for the one server;
* Bazaar and Breezy in their ``authentication.conf``, for the one server;
* Subversion has no such file.  It takes a password from its standard input (since 1.10), so pip finds a script under
  its name which gives it that.  It will tell any server that it comes to, as it would if pip gave it the password.

What none of these can be told is refused: a login that their files cannot express, a password for a secure shell,
and Subversion on Windows, where a script cannot stand for a program.
"""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from piptools_clone.build.build_folder import BuildFolder, write_private
from piptools_clone.build.login import Login, has_password, without_login
from piptools_clone.errors import BuildFailure

_HINT = "keep the password where {program} looks for it itself, or take it out of the address and use a key"
_PROGRAMS = {"git": "git", "hg": "Mercurial", "svn": "Subversion", "bzr": "Bazaar"}


def prepare_checkout(
    work: BuildFolder, url: str, what: str, environment: dict[str, str], own: Mapping[str, str]
) -> str:
    """Write what the program of a repository reads, and add to the environment that pip gives it.

    ``own`` is the user's environment.  Returns the address without a login.  Raises BuildFailure for a password that
    others could see; ``what`` names the thing for it.
    """
    address, login = without_login(url)
    if login is None and has_password(url):
        raise _unsayable(what, url.partition("+")[0].lower())
    git = login if login and login.program == "git" else None
    write_private(work.git_config, render_git_config(own_git_configs(own), git, work.git_logins))
    if login is not None:
        try:
            _TELL[login.program](work, login, environment)
        except ValueError:
            raise _unsayable(what, login.program) from None
    return address


def _unsayable(what: str, program: str) -> BuildFailure:
    name = _PROGRAMS[program]
    return BuildFailure(
        f"{what} has a password in its address which {name} cannot be given but as an argument, "
        "for everybody on this machine to read",
        hint=_HINT.format(program=name),
    )


def _tell_git(work: BuildFolder, login: Login, environment: dict[str, str]) -> None:
    del environment
    if login.password is not None:
        write_private(work.git_logins, render_login(login))


def _tell_mercurial(work: BuildFolder, login: Login, environment: dict[str, str]) -> None:
    """The user's own file, which is at home; beside those that ``HGRCPATH`` names, if it is set."""
    config = os.path.join(work.home, ".hgrc")
    write_private(config, render_hgrc(login))
    if "HGRCPATH" in environment:
        environment["HGRCPATH"] = os.pathsep.join(filter(None, [environment["HGRCPATH"], config]))


def _tell_bazaar(work: BuildFolder, login: Login, environment: dict[str, str]) -> None:
    """Both programs of this name look into a folder below the same one on Windows, and into others elsewhere."""
    del environment
    for folder in ("breezy", ".bazaar", os.path.join("bazaar", "2.0")):
        os.makedirs(os.path.join(work.home, folder))
        write_private(os.path.join(work.home, folder, "authentication.conf"), render_authentication(login))


def _tell_subversion(work: BuildFolder, login: Login, environment: dict[str, str]) -> None:
    import shutil

    if os.name == "nt" or not str(login.password).isprintable():
        raise ValueError
    program = shutil.which("svn", path=environment.get("PATH", ""))
    if program is None:
        return  # pip has words for that
    os.mkdir(work.programs, 0o700)
    script = os.path.join(work.programs, "svn")
    write_private(work.svn_password, f"{login.password}\n")
    write_private(script, render_svn(program, login, work.svn_password))
    os.chmod(script, 0o700)
    environment["PATH"] = os.pathsep.join([work.programs, environment["PATH"]])


_TELL = {"git": _tell_git, "hg": _tell_mercurial, "svn": _tell_subversion, "bzr": _tell_bazaar}


def render_login(login: Login) -> str:
    """The line of a login in the file of ``git-credential-store``."""
    scheme, slashes, host = login.server.partition("://")
    return f"{scheme}{slashes}{quote(login.user, safe='')}:{quote(login.password or '', safe='')}@{host}\n"


def render_git_config(includes: Iterable[str], login: Login | None, store: str) -> str:
    """A configuration file of git's that takes in others, and has a login at hand; ``store`` is a path.

    For the server of the login nothing else is asked for credentials, and nothing else is told of them.
    """
    lines = [f"[include]\n\tpath = {_quoted(path)}" for path in includes]
    if login is not None:
        lines += [f"[credential {_quoted(login.server)}]", f"\tusername = {_quoted(login.user)}"]
        if login.password is not None:
            helper = f"store --file={_for_shell(store)}"
            lines += ["\tuseHttpPath = false", "\thelper =", f"\thelper = {_quoted(helper)}"]
    return "\n".join([*lines, ""])


def own_git_configs(environ: Mapping[str, str]) -> list[str]:
    """The files that git reads for a user, whether they are there or not: ``GIT_CONFIG_GLOBAL``, or two at home."""
    named = environ.get("GIT_CONFIG_GLOBAL")
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if named is not None:
        return [os.path.abspath(named)] if named else []
    if not home:
        return []
    settings = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return [os.path.join(settings, "git", "config"), os.path.join(home, ".gitconfig")]


def render_hgrc(login: Login) -> str:
    """A configuration file of Mercurial's with a login (``hg help config.auth``).

    Raises ValueError for what it cannot express: it strips values, and takes variables in a user name for their value.
    """
    user, password = login.user, str(login.password)
    if any(each != each.strip() or not each.isprintable() for each in (user, password)) or set(user) & set("$%~"):
        raise ValueError
    lines = [f"it.prefix = {_plain(login.server)}/", f"it.username = {user}", f"it.password = {password}"]
    return "\n".join(["[auth]", *lines, ""])


def render_authentication(login: Login) -> str:
    """The ``authentication.conf`` of Bazaar with a login.  Raises ValueError for what it cannot express."""
    scheme, _, place = login.server.partition("://")
    host, colon, port = place.rpartition(":")
    if not port.isdigit():
        host, colon, port = place, "", ""
    values = {"scheme": scheme, "host": host.strip("[]"), "user": login.user, "password": str(login.password)}
    values |= {"port": port} if colon else {}
    return "\n".join(["[it]", *(f"{key} = {_for_bazaar(value)}" for key, value in values.items()), ""])


def render_svn(program: str, login: Login, password: str) -> str:
    """A script that stands for Subversion and tells it a login; ``program`` and ``password`` are paths."""
    from shlex import quote as shell

    options = f"--username {shell(login.user)} --password-from-stdin --no-auth-cache"
    return "\n".join(
        [
            "#!/bin/sh",
            'case "$1" in',
            "checkout | switch | update)",
            "    command=$1",
            "    shift",
            f'    exec {shell(program)} "$command" {options} "$@" < {shell(password)}',
            "    ;;",
            "esac",
            f'exec {shell(program)} "$@"',
            "",
        ]
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _for_shell(path: str) -> str:
    """A path for the shell that git starts its helpers with, on every system."""
    return "'" + path.replace(os.sep, "/").replace("'", "'\\''") + "'"


def _plain(server: str) -> str:
    """The address that is asked for that of a static repository."""
    return server.removeprefix("static-")


def _for_bazaar(text: str) -> str:
    mark = next((mark for mark in "\"'" if mark not in text), None)
    if mark is None or not text.isprintable():
        raise ValueError
    return f"{mark}{text}{mark}"
