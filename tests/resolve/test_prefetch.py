"""What is asked for ahead while a page is still to be read: only a part of it was read."""

import pytest
from packaging.version import Version

from piptools_clone.formats.requirements.dependencies import Dependency
from piptools_clone.http.futures import Future
from piptools_clone.model.policy import Policy
from piptools_clone.resolve.prefetch import Prefetch
from tests.resolve.worlds import MemoryIndex, Release, World, select

WORLD = World(
    {
        "app": {"1.0": Release(), "2.0": Release(("plain", 'special ; extra == "more"'))},
        "plain": {"1.0": Release()},
        "special": {"1.0": Release()},
        "old": {f"{major}.{minor}": Release() for major in range(1, 10) for minor in range(100)},
    },
    (),
)


class UnreadPages(MemoryIndex):
    """Shows a page before it is read, which it is never, and notes which ones are wanted in a hurry."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.hurried: list[str] = []
        self._pages: dict[str, Future] = {}

    def hurry(self, name: str) -> None:
        self.hurried.append(name)

    def page(self, name: str) -> Future:
        self.asked.append(f"page {name}")
        return self._pages.setdefault(name, Future())

    def show_page(self, name: str) -> None:
        assert self._reader is not None
        assert self._reader.take_partial(self._page(name))


@pytest.fixture
def index() -> UnreadPages:
    return UnreadPages(WORLD)


@pytest.fixture
def prefetch(index: UnreadPages) -> Prefetch:
    return select(index).prefetch


def test_an_extra_that_is_asked_for_late_need_not_wait_for_the_page(index: UnreadPages, prefetch: Prefetch) -> None:
    prefetch.want([Dependency("app", (), ">=1.0")])
    index.show_page("app")
    assert index.asked == ["page app", "metadata app-2.0-py3-none-any.whl", "page plain"]
    prefetch.want([Dependency("app", ("more",), ">=1.5")])
    assert "page special" in index.asked
    assert index.hurried == []


def test_a_page_is_read_at_once_when_the_guess_will_not_do_any_more(index: UnreadPages, prefetch: Prefetch) -> None:
    prefetch.want([Dependency("app", (), "")])
    index.show_page("app")
    prefetch.want([Dependency("app", (), "<2.0")])
    assert index.hurried == ["app"]
    assert "metadata app-1.0-py3-none-any.whl" not in index.asked


@pytest.mark.parametrize(
    ("wanted", "guessed"),
    [
        ((), "9.99"),
        (("<9",), "8.99"),
        (("<9.98",), "9.97"),
        (("<2.50,>=2.49",), "2.49"),
        (("<5", ">=2,!=4.99"), "4.98"),
        (("~=3.7",), "3.99"),
        (("==1.17.*",), "1.17"),
        (("<1.7.post1",), "1.7"),  # which only a look at each version tells
        (("<9.99.post1", ">=9.90"), "9.99"),
        (("<1",), None),
    ],
)
def test_the_newest_version_that_fits_is_guessed_however_old_it_is(
    index: UnreadPages, prefetch: Prefetch, wanted: tuple[str, ...], guessed: str | None
) -> None:
    prefetch.want([Dependency("old", (), text) for text in wanted or ("",)])
    index._pages["old"].fulfil(index._page("old"))
    assert [each for each in index.asked if each.startswith("metadata")] == (
        [] if guessed is None else [f"metadata old-{guessed}-py3-none-any.whl"]
    )


@pytest.mark.parametrize(
    ("wanted", "exact", "least"),
    [
        ((), [], None),
        (("<2", ">=1.9", ">=1.10,<3", "~=1.2"), [], "1.10"),
        (("==1.4", "==1.*", ">=1"), ["1.4"], "1"),
    ],
)
def test_what_is_sought_in_a_page(
    prefetch: Prefetch, wanted: tuple[str, ...], exact: list[str], least: str | None
) -> None:
    prefetch.want([Dependency("old", (), text) for text in wanted or ("",)])
    assert prefetch.sought("old")[1:] == (exact, least)


@pytest.mark.parametrize(("bound", "guessed"), [("<8", "3.3"), (">3.5,<8", "7.99")])
def test_a_pin_is_guessed_where_it_still_fits(index: UnreadPages, bound: str, guessed: str) -> None:
    prefetch = select(index, Policy(), {"old": Version("3.3")}).prefetch
    prefetch.want([Dependency("old", (), bound)])
    index._pages["old"].fulfil(index._page("old"))
    assert index.asked == ["page old", f"metadata old-{guessed}-py3-none-any.whl"]


@pytest.mark.parametrize(("pre", "guessed"), [(False, "1.0"), (True, "2.0rc1")])
def test_what_the_user_says_of_pre_releases_holds_for_guesses_too(pre: bool, guessed: str) -> None:
    index = MemoryIndex(World({"a": {"1.0": Release(), "2.0rc1": Release()}}, ()))
    select(index, Policy(pre=pre)).prefetch.want([Dependency("a", (), "")])
    assert index.asked == ["page a", f"metadata a-{guessed}-py3-none-any.whl"]
