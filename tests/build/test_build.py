"""What a build sees, and how it ends."""

from __future__ import annotations

import json
import os
import pickle
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from piptools_clone.build.build_environment import build_environment, pip_variables, with_absolute_places
from piptools_clone.build.build_options import BuildHost, BuildOptions
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.errors import BuildFailure, ForeignBuild, IndexFailure
from piptools_clone.model.policy import FormatControl, Policy
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_wheel, write_project

SPY = """
import json, os, stat
netrc = os.environ["NETRC"]
json.dump({"environ": dict(os.environ), "mode": stat.S_IMODE(os.stat(netrc).st_mode)}, open(SPIED, "w"))
"""


def builder(settings=None, environ=None, **options):
    environ = {"PATH": os.environ["PATH"], **(environ or {})}
    settings = settings or IndexSettings()
    return PipBuilder(settings, Policy(), environ=environ, announce=str, options=BuildOptions(**options))


def spying_project(tmp_path, code):
    folder = write_project(tmp_path / "proj", "a", "1.0")
    backend = folder / "own_backend.py"
    backend.write_text(backend.read_text() + f"\nSPIED = {str(tmp_path / 'spied')!r}\n{code}")
    return folder.as_uri()


def test_a_build_sees_no_secrets(tmp_path):
    secrets = {"TOKEN": "s3cret", "PIP_INDEX_URL": "https://u:s3cret@idx.example", "CFLAGS": "-O1", "HOME": "/home/me"}
    settings = IndexSettings(indexes=("https://u:s3cret@idx.example/simple",))
    url = spying_project(tmp_path, SPY)
    built = builder(settings, environ=secrets).build(url, "proj")
    assert built.metadata.name == "a"
    spied = json.loads((tmp_path / "spied").read_text())
    assert "s3cret" not in json.dumps(spied)
    assert spied["environ"]["CFLAGS"] == "-O1"
    assert spied["environ"]["HOME"] != "/home/me"
    assert not Path(spied["environ"]["HOME"]).exists()
    assert spied["mode"] == stat.S_IRUSR | stat.S_IWUSR


def test_variables_for_repositories_are_for_checkouts_alone():
    environ = {
        "SSH_AUTH_SOCK": "/s",
        "HTTPS_PROXY": "http://u:p@h",
        "CC": "https://u:p@h",
        "HOME": "/me",
        "LC_ALL": "C",
    }
    plain = build_environment(environ, home="/h", netrc="/n")
    assert not {"SSH_AUTH_SOCK", "HTTPS_PROXY", "CC", "GIT_CONFIG_GLOBAL"} & set(plain)
    assert plain["LC_ALL"] == "C"
    vcs = build_environment(environ, home="/h", netrc="/n", is_vcs=True)
    assert (vcs["SSH_AUTH_SOCK"], vcs["HOME"]) == ("/s", "/h")


def test_the_settings_for_pip():
    """Places are addresses without blanks, for pip splits its lists there."""
    settings = IndexSettings(
        indexes=("https://one.example/simple", "https://two.example", "https://three.example/a b"),
        find_links=("/my wheels",),
        format_control=FormatControl(only_binary=frozenset({"b", "a"})),
        cert="/ca.pem",
        timeout=7.0,
    )
    assert pip_variables(with_absolute_places(settings), constraint="/my/c.txt") == {
        "PIP_INDEX_URL": "https://one.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://two.example https://three.example/a%20b",
        "PIP_FIND_LINKS": "file:///my%20wheels",
        "PIP_ONLY_BINARY": "a,b",
        "PIP_CERT": "/ca.pem",
        "PIP_TIMEOUT": "7.0",
        "PIP_RETRIES": "3",
        "PIP_CONSTRAINT": "file:///my/c.txt",
    }
    assert pip_variables(IndexSettings())["PIP_NO_INDEX"] == "1"


def test_build_requirements_come_from_the_index(index, tmp_path):
    index.add(make_wheel("needed", "1.0", files={"needed.py": "VERSION = 1\n"}))
    index.add(make_wheel("needed", "2.0", files={"needed.py": "VERSION = 2\n"}))
    code = "import needed; open(SPIED, 'w').write(str(needed.VERSION))"
    folder = write_project(tmp_path / "proj", "a", "1.0", build_requires=["needed"])
    backend = folder / "own_backend.py"
    backend.write_text(backend.read_text() + f"\nSPIED = {str(tmp_path / 'spied')!r}\n{code}")
    settings = IndexSettings(indexes=(index.url,), retries=0)
    builder(settings).build(folder.as_uri(), "proj")
    assert (tmp_path / "spied").read_text() == "2"
    builder(settings, constraints=("needed<2",)).build(folder.as_uri(), "proj")
    assert (tmp_path / "spied").read_text() == "1"
    with pytest.raises(BuildFailure) as caught:
        builder(settings, isolation=False).build(folder.as_uri(), "proj")
    assert "needed" in caught.value.log


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
@pytest.mark.parametrize("how", ["timeout", "stop"])
def test_a_build_ends_with_all_it_started(tmp_path, how):
    """The build starts a child that would live for long, tells its number through a pipe, and waits."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pipe)!r}, 'w').write(str(child.pid))\n"
        "child.wait()\n"
    )
    url = spying_project(tmp_path, code)
    builds = builder(timeout=600 if how == "stop" else 3)
    failures = []

    def build():
        try:
            builds.build(url, "proj")
        except BuildFailure as error:
            failures.append(error)

    thread = threading.Thread(target=build)
    thread.start()
    child = int(pipe.read_text())
    if how == "stop":
        builds.stop()
    thread.join(30)
    assert len(failures) == 1
    with pytest.raises(ProcessLookupError):
        while True:  # it was killed, and is gone when its new parent has heard of it
            if _is_zombie(child):
                raise ProcessLookupError
            os.kill(child, 0)
    if how == "stop":
        with pytest.raises(BuildFailure, match="not started"):
            builds.build(url, "proj")


def _is_zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_an_address_cannot_inject_lines():
    with pytest.raises(BuildFailure, match="control characters"):
        builder().build("git+https://idx.example/a\n--index-url x", "a")


def test_a_failure_does_not_show_the_credentials_of_the_index(tmp_path):
    settings = IndexSettings(indexes=("http://u:s3cret@127.0.0.1:9/simple",), retries=0)
    folder = write_project(tmp_path / "proj", "a", "1.0", build_requires=["needed"])
    with pytest.raises(IndexFailure) as caught:
        builder(settings).build(folder.as_uri(), "proj")
    assert "s3cret" not in str(caught.value)


def test_a_failure_names_the_index_as_the_user_does(tmp_path, index):
    """Not as the index proxy, which is gone when the user reads this."""
    folder = write_project(tmp_path / "proj", "a", "1.0", build_requires=["needed"])
    with pytest.raises(BuildFailure) as caught:
        builder(IndexSettings(indexes=(index.url_with("u", "s3cret"),))).build(folder.as_uri(), "proj")
    assert f"Looking in indexes: {index.url}" in caught.value.log


PREFIX = """
import json, sys
json.dump([sys.prefix, sys.base_prefix], open(SPIED, "w"))
"""


def test_another_interpreter_builds(tmp_path):
    """In isolation without its environment, else in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    host = BuildHost(str(tmp_path / "venv" / "bin" / "python"), "of the tests")
    url = spying_project(tmp_path, PREFIX)
    for isolation in (True, False):
        assert builder(host=host, isolation=isolation).build(url, "proj").metadata.name == "a"
        prefix, base = json.loads((tmp_path / "spied").read_text())
        assert (prefix == str(tmp_path / "venv")) is (not isolation)
        assert base == sys.base_prefix


def test_what_was_built_is_known_for_its_interpreter_and_target_alone():
    hosts = [
        BuildHost(),
        BuildHost("/python", "CPython 3.11"),
        BuildHost(foreign="windows"),
        BuildHost(foreign="macos"),
    ]
    assert len({builder(host=host).key("a") for host in hosts}) == len(hosts)


def test_nothing_is_built_for_a_foreign_target(tmp_path):
    foreign = builder(host=BuildHost(foreign="python3.12-windows"))
    with pytest.raises(ForeignBuild, match="need not hold for python3") as caught:
        foreign.build(write_project(tmp_path / "a", "a", "1").as_uri(), "a")
    assert "--python" in caught.value.hint
    assert pickle.loads(pickle.dumps(caught.value)).hint == caught.value.hint
