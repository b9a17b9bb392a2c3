"""Find-links places and local indexes."""

from __future__ import annotations

import pytest

from piptools_clone.errors import IndexFailure
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_sdist, make_wheel
from tests.support.simple_index import Fault


@pytest.fixture
def linked(open_index):
    """Open an index that has find-links places alone."""
    return lambda *places: open_index(settings=IndexSettings(find_links=tuple(map(str, places)), retries=0))


def test_a_folder(linked, tmp_path):
    wheels = tmp_path / "my wheels"
    package = make_wheel("my-app", "1.0", requires=["b"])
    package.write(wheels)
    make_sdist("my-app", "0.9").write(wheels)
    make_wheel("my-app-plugin", "3.0").write(wheels)
    (wheels / "notes.txt").write_text("nothing")
    for place in (wheels, wheels.as_uri()):
        opened = linked(place)
        page = opened.page("my-app")
        assert page.done()
        project = page.result()
        assert [str(version) for version in project.versions] == ["0.9", "1.0"]
        assert project.found_on == ()
        [artifact] = project.artifacts(1)
        assert opened.metadata(artifact).result().requires_dist == ("b",)
        assert opened.sha256(artifact).result(10) == package.sha256


def test_a_page_and_a_folder_with_a_page(linked, tmp_path):
    make_wheel("a", "1.0").write(tmp_path / "deep")
    page = tmp_path / "links.html"
    page.write_text('<html><a href="deep/a-1.0-py3-none-any.whl">a</a></html>')
    for place in (page, page.as_uri(), tmp_path):
        project = linked(place).page("a").result(10)
        assert [artifact.url for artifact in project.artifacts(0)] == [
            (tmp_path / "deep/a-1.0-py3-none-any.whl").as_uri()
        ]


def test_a_file(linked, tmp_path):
    path = make_wheel("a", "1.0").write(tmp_path)
    assert linked(path).page("a").result(10).exists


def test_a_place_that_is_not_there_is_passed_over(linked, tmp_path):
    opened = linked(tmp_path / "nowhere")
    assert not opened.page("a").result(10).exists
    assert not opened.page("b").result(10).exists
    assert len(opened.warnings) == 1
    assert "nowhere" in opened.warnings[0]


def test_a_remote_page(index, linked):
    package = make_wheel("a", "1.0", requires=["b"])
    index.add(package)
    place = index.serve("/wheels.html", b'<html><a href="files/a-1.0-py3-none-any.whl">a</a></html>')
    opened = linked(place)
    [artifact] = opened.page("a").result(10).artifacts(0)
    assert artifact.source == place
    assert opened.metadata(artifact).result(10).requires_dist == ("b",)
    opened.page("c").result(10)
    assert index.count("/wheels.html") == 1


def test_a_remote_file(index, linked):
    package = make_wheel("a", "1.0")
    index.add(package)
    place = index.file_url(package.filename) + f"#sha256={package.sha256}"
    [artifact] = linked(place).page("a").result(10).artifacts(0)
    assert artifact.sha256 == package.sha256


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_remote_place_that_fails_is_a_failure(index, linked, status):
    index.fail_always("/wheels.html", Fault(status=status, body=b""))
    with pytest.raises(IndexFailure) as caught:
        linked(index.root + "/wheels.html").page("a").result(10)
    assert caught.value.status == status


@pytest.mark.parametrize("with_page", [True, False])
def test_a_local_index(open_index, tmp_path, with_page):
    package = make_wheel("my-app", "1.0")
    package.write(tmp_path / "simple" / "my-app")
    if with_page:
        (tmp_path / "simple/my-app/index.html").write_text(f'<html><a href="{package.filename}"></a></html>')
    for place in (str(tmp_path / "simple"), (tmp_path / "simple").as_uri()):
        opened = open_index(place)
        project = opened.page("my-app").result(10)
        assert opened.metadata(project.artifacts(0)[0]).result(10).name == "my-app"
        assert not opened.page("other").result(10).exists


def test_a_cut_local_page_is_a_failure(open_index, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/index.html").write_text("<html>")
    with pytest.raises(IndexFailure, match="cut"):
        open_index(tmp_path.as_uri()).page("a").result(10)
