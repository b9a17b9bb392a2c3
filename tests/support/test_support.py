"""The tests' own index and packages, held against real clients."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.support.packages import make_sdist, make_wheel, write_project
from tests.support.simple_index import Fault


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return response.read()


def test_packages_are_the_same_bytes_every_time():
    assert make_wheel("a", "1.0", requires=["b"]) == make_wheel("a", "1.0", requires=["b"])
    assert make_sdist("a", "1.0") == make_sdist("a", "1.0")


@pytest.mark.parametrize("formats", [("json",), ("html",)])
def test_pip_installs_from_it(simple_index, tmp_path, formats):
    index = simple_index(formats=formats)
    index.add(make_wheel("my-app", "1.0", requires=["b>=1"]))
    index.add(make_sdist("b", "1.0"))
    command = [sys.executable, "-m", "pip", "install", "--isolated", "--index-url", index.url, "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--target", str(tmp_path), "my-app"]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "b.py").read_text() == "VERSION = '1.0'\n"


def test_a_project_installs_as_editable(tmp_path):
    project = write_project(tmp_path / "proj", "proj", "1.0")
    command = [sys.executable, "-m", "pip", "install", "--isolated", "--no-index", "--no-deps", "--dry-run", "-e"]
    subprocess.run([*command, str(project)], check=True, capture_output=True)


def test_ranges_and_faults(index):
    package = make_wheel("a", "1.0")
    index.add(package)
    url = index.file_url(package.filename)
    assert get(url, Range="bytes=-10") == package.data[-10:]
    assert get(url, Range="bytes=2-4") == package.data[2:5]
    index.fail("/simple/a/", Fault(status=503), Fault(reset=True))
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(index.url + "a/")
    caught.value.close()
    with pytest.raises(OSError):
        get(index.url + "a/")
    assert b"a-1.0-py3-none-any.whl" in get(index.url + "a/")
    assert index.count("/simple/a/") == 3
