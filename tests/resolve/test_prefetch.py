"""What is asked for ahead while a page is still to be read: only a glimpse of it was seen."""

import pytest

from piptools_clone.index.finder import Finder
from piptools_clone.index.promises import Promise
from piptools_clone.model.policy import Policy
from piptools_clone.resolve.dependencies import Dependency, DependencyReader
from piptools_clone.resolve.preferences import Preferences
from piptools_clone.resolve.prefetch import Prefetch
from tests.resolve.worlds import TARGET, MemoryIndex, Release, World

WORLD = World(
    {
        "app": {"1.0": Release(), "2.0": Release(("plain", 'special ; extra == "more"'))},
        "plain": {"1.0": Release()},
        "special": {"1.0": Release()},
    },
    (),
)


class UnreadPages(MemoryIndex):
    """Shows a page before it is read, which it is never, and notes which ones are wanted in a hurry."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.hurried: list[str] = []
        self._pages: dict[str, Promise] = {}

    def hurry(self, name: str) -> None:
        self.hurried.append(name)

    def page(self, name: str) -> Promise:
        self.asked.append(f"page {name}")
        return self._pages.setdefault(name, Promise())

    def show_page(self, name: str) -> None:
        assert self._glimpse is not None
        assert self._glimpse.glimpsed(self._page(name))


@pytest.fixture
def index() -> UnreadPages:
    return UnreadPages(WORLD)


@pytest.fixture
def prefetch(index: UnreadPages) -> Prefetch:
    finder = Finder(Policy(), TARGET)
    return Prefetch(index, finder, DependencyReader(TARGET), Preferences({}))  # type: ignore[arg-type] # its interface


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
