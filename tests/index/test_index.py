"""The index as a whole: pages over several places, caching, failures."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.version import Version

from piptools_clone.errors import HashMismatch, IndexFailure
from piptools_clone.http.futures import Future, join
from piptools_clone.index.pages.page_split import Sought
from piptools_clone.model.policy import IndexStrategy, Policy
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_sdist, make_wheel
from tests.support.simple_index import Fault


def versions(future):
    return [str(version) for version in future.result(10).versions]


@pytest.mark.parametrize("formats", [("json", "html"), ("html",)])
def test_a_page(simple_index, open_index, formats):
    index = simple_index(formats=formats)
    index.add(make_wheel("my-app", "1.0"), yanked="")
    index.add(make_sdist("my-app", "2.0"))
    project = open_index(index).page("my-app").result(10)
    assert project.versions == (Version("1.0"), Version("2.0"))
    assert project.exists
    assert project.found_on == (index.url,)
    [wheel] = project.artifacts(0)
    assert wheel.yanked == ""
    assert wheel.sidecar is not None
    assert wheel.url == index.file_url("my_app-1.0-py3-none-any.whl")
    assert wheel.source == index.url


def test_asking_twice_costs_nothing(index, open_index):
    index.add(make_wheel("a", "1.0"))
    opened = open_index(index)
    project = opened.page("a").result(10)
    assert opened.page("a").result(10) is project
    [artifact] = project.artifacts(0)
    assert opened.metadata(artifact).result(10) is opened.metadata(artifact).result(10)
    assert index.paths == ["/simple/a/", "/files/a-1.0-py3-none-any.whl.metadata"]


def test_a_warm_cache_answers_at_once_and_without_a_request(index, open_index):
    index.add(make_wheel("a", "1.0", requires=["b"]))
    first = open_index(index)
    metadata = first.metadata(first.page("a").result(10).artifacts(0)[0]).result(10)
    first.close()
    del index.requests[:]
    second = open_index(index)
    page = second.page("a")
    assert page.done()
    again = second.metadata(page.result().artifacts(0)[0])
    assert again.done()
    assert again.result() == metadata
    assert index.requests == []


def test_offline_answers_from_the_cache_and_fails_beyond_it(simple_index, open_index):
    index = simple_index(cache_control="max-age=0")
    index.add(make_wheel("a", "1.0"))
    with open_index(index) as first:
        first.page("a").result(10)
    opened = open_index(index, offline=True)
    project = opened.page("a").result(10)
    for future in (opened.page("b"), opened.metadata(project.artifacts(0)[0])):
        with pytest.raises(IndexFailure, match="not in the cache"):
            future.result(10)


def test_refresh_asks_again(index, open_index):
    index.add(make_wheel("a", "1.0"))
    with open_index(index) as first:
        assert versions(first.page("a")) == ["1.0"]
    index.add(make_wheel("a", "2.0"))
    assert versions(open_index(index).page("a")) == ["1.0"]
    assert versions(open_index(index, refresh=lambda name: name == "a").page("a")) == ["1.0", "2.0"]


def test_a_project_that_nobody_knows(index, open_index):
    project = open_index(index).page("a").result(10)
    assert not project.exists
    assert project.versions == ()


@pytest.mark.parametrize("status", [401, 403, 410, 429, 500, 503])
def test_only_404_means_not_there(index, open_index, status):
    index.fail_always("/simple/a/", Fault(status=status, body=b"no"))
    with pytest.raises(IndexFailure) as caught:
        open_index(index).page("a").result(10)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut=100),
        Fault(reset=True),
        Fault(body=b"<html><input type=password></html>", headers={"Content-Type": "text/html"}),
        Fault(body=b"{}", headers={"Content-Type": "application/json"}),
        Fault(body=b"{}", headers={"Content-Type": "text/plain"}),
        Fault(status=302, body=b"", headers={"Location": "/login"}),
    ],
)
def test_a_page_that_is_none_is_a_failure(index, open_index, fault):
    index.add(make_wheel("a", "1.0"))
    index.serve("/login", b"<html><body>Hello</body></html>")
    index.fail_always("/simple/a/", fault)
    with pytest.raises(IndexFailure):
        open_index(index).page("a").result(10)


def test_indexes_are_merged_and_find_links_come_first(simple_index, open_index, tmp_path):
    one, two = simple_index(), simple_index(formats=("html",))
    one.add(make_wheel("a", "1.0"))
    two.add(make_wheel("a", "1.0"))
    two.add(make_wheel("a", "2.0"))
    make_wheel("a", "1.0").write(tmp_path / "wheels")
    settings = IndexSettings(indexes=(one.url, two.url), find_links=(str(tmp_path / "wheels"),), retries=0)
    project = open_index(settings=settings).page("a").result(10)
    assert [artifact.source for artifact in project.artifacts(0)] == [str(tmp_path / "wheels"), one.url, two.url]
    assert project.found_on == (one.url, two.url)


def test_the_first_index_that_knows_a_name(simple_index, open_index):
    one, two, three = simple_index(), simple_index(), simple_index()
    two.add(make_wheel("a", "1.0"))
    three.add(make_wheel("a", "2.0"))
    opened = open_index(one, two, three, policy=Policy(strategy=IndexStrategy.FIRST_INDEX))
    assert versions(opened.page("a")) == ["1.0"]
    assert three.requests == []


def test_one_failing_index_is_a_failure_of_all(simple_index, open_index):
    one, two = simple_index(), simple_index()
    one.add(make_wheel("a", "1.0"))
    two.fail_always("/simple/a/", Fault(status=403, body=b""))
    with pytest.raises(IndexFailure):
        open_index(one, two).page("a").result(10)


def test_credentials_stay_out_of_everything(simple_index, open_index):
    index = simple_index(auth=("user", "s3cret"))
    index.add(make_wheel("a", "1.0"))
    opened = open_index(index.url_with("user", "s3cret"))
    project = opened.page("a").result(10)
    opened.metadata(project.artifacts(0)[0]).result(10)
    assert "s3cret" not in repr((project.sources, project.artifacts(0), project.found_on))
    index.fail_always("/simple/b/", Fault(status=500))
    with pytest.raises(IndexFailure) as caught:
        opened.page("b").result(10)
    assert "s3cret" not in f"{caught.value} {caught.value.__dict__}"


def test_sha256_is_the_index_word_or_that_of_the_bytes(simple_index, open_index):
    index = simple_index(hashes=("md5",))
    package = make_wheel("a", "1.0")
    index.add(package)
    opened = open_index(index)
    [artifact] = opened.page("a").result(10).artifacts(0)
    assert opened.sha256(artifact).result(10) == package.sha256
    assert index.count("/files/" + package.filename) == 1
    assert open_index(index).sha256(artifact).result(10) == package.sha256
    assert index.count("/files/" + package.filename) == 1
    known = artifact._replace(hashes=(("sha256", "ab"),), url="http://nowhere.invalid/x")
    assert opened.sha256(known).result() == "ab"


def test_bytes_are_held_against_every_digest(simple_index, open_index, tmp_path):
    index = simple_index()
    index.add(make_wheel("a", "1.0"), hashes={"md5": "0" * 32})
    opened = open_index(index)
    [artifact] = opened.page("a").result(10).artifacts(0)
    for future in (opened.sha256(artifact), opened.download(artifact, str(tmp_path / "a.whl"))):
        with pytest.raises(HashMismatch, match="md5"):
            future.result(10)


def test_a_download(index, open_index, tmp_path):
    package = make_wheel("a", "1.0")
    index.add(package)
    opened = open_index(index)
    [artifact] = opened.page("a").result(10).artifacts(0)
    assert opened.download(artifact, str(tmp_path / "a.whl")).result(10) == package.sha256
    assert (tmp_path / "a.whl").read_bytes() == package.data


def test_a_given_executor_is_used_and_left_open(index, open_index):
    with ThreadPoolExecutor(1) as executor:
        opened = open_index(index, executor=executor)
        opened.page("a").result(10)
        opened.close()
        assert executor.submit(int).result() == 0


def test_closing_fails_what_is_under_way(index, open_index):
    index.fail_always("/simple/a/", Fault(stall=True))
    opened = open_index(index)
    future = opened.page("a")
    opened.close()
    with pytest.raises(IndexFailure):
        future.result(10)
    with pytest.raises(IndexFailure, match="ending"):
        opened.page("b").result(10)


def test_a_promise_calls_back_and_keeps_its_first_answer():
    future, heard = Future(), []
    future.add_done_callback(lambda done: heard.append(done.result()))
    with pytest.raises(TimeoutError):
        future.result(0)
    threading.Thread(target=future.fulfil, args=(1,)).start()
    assert future.result(10) == 1
    future.fail(ValueError())
    future.add_done_callback(lambda done: heard.append(done.result()))
    assert future.exception() is None
    assert heard in ([1, 1], [1])


def test_join_takes_the_first_failure_in_order():
    parts = [Future(), Future(), Future()]
    whole = join(parts, sum)
    parts[2].fail(ValueError("late"))
    parts[1].fail(ValueError("early"))
    assert not whole.done()
    parts[0].fulfil(1)
    with pytest.raises(ValueError, match="early"):
        whole.result()
    assert join([], list).result() == []


class Eye:
    """Sees what is newest, and needs no more for the moment."""

    def __init__(self, see):
        self._see = see

    def sought(self, name):
        return Sought(lambda version: not version.is_prerelease)

    def take_partial(self, project):
        self._see(project)
        return True


def test_the_newest_releases_of_a_large_page_are_shown_before_it_is_read(index, open_index):
    for i in range(900):
        index.add(make_wheel("big", f"{i}.0"))
    opened = open_index(index)
    seen = []
    opened.show(Eye(lambda project: seen.append((project, opened.page("big").done()))))
    project = opened.page("big").result(10)
    [(part, was_read)] = seen
    assert not was_read
    assert len(project.versions) == 900
    assert project.versions[-len(part.versions) :] == part.versions
    assert len(part.versions) < 900
    assert part.artifacts(len(part.versions) - 1) == project.artifacts(899)


def test_a_small_page_and_one_of_several_places_are_not_shown_ahead(simple_index, open_index):
    first, second = simple_index(), simple_index()
    first.add(make_wheel("small", "1.0"))
    for i in range(900):
        first.add(make_wheel("big", f"{i}.0"))
    seen = []
    for places in ([first], [first, second]):
        opened = open_index(*places)
        opened.show(Eye(seen.append))
        assert opened.page("small" if len(places) == 1 else "big").result(10).exists
    assert not seen
