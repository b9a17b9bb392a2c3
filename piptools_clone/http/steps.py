"""Work on the index as steps: a generator that says what to fetch, and is sent the answer.

The story of a page or of a file's metadata is told once, as a generator.  Who drives it decides how it waits:
`follow` does one thing after the other in its own thread, the `Index` has many under way in one thread.
"""

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from piptools_clone.http.request_steps import Blocking
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.http.transport import Transport

T = TypeVar("T")


class Ask(NamedTuple):
    """A request to send, as `Transport.get` takes it; the step is sent its `Response`, or thrown its failure."""

    url: str
    headers: Mapping[str, str]
    limit: int
    what: str

    @property
    def key(self) -> tuple[object, ...]:
        """What is the same for two requests of which one answer will do."""
        return self.url, tuple(sorted(self.headers.items())), self.limit


class Order(NamedTuple):
    """What another process is asked to do: with what, and what it must know of it."""

    content: bytes
    about: str


class Idle(NamedTuple):
    """A pause before something that takes some ``seconds`` and may not be needed yet: what arrives goes first.

    ``url`` is the address of the page that it is about.  ``order`` tells how another process is asked to do it; the
    step is sent True if that was done, and else does it itself.
    """

    seconds: float
    url: str
    order: Callable[[], Order] | None = None


IndexStep = Ask | Blocking | Idle
Steps = Generator[IndexStep, Any, T]


def follow(steps: Steps[T], transport: "Transport") -> T:
    """Take all steps in this thread, waiting for each; raises what they raise."""
    answer: Any = None
    failure: Exception | None = None
    while True:
        try:
            step = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as done:
            result: T = done.value
            return result
        answer, failure = None, None
        try:
            answer = _perform(step, transport)
        except Exception as error:
            failure = error


def _perform(step: IndexStep, transport: "Transport") -> object:
    """Do what one step asks for, waiting for it."""
    if isinstance(step, Blocking):
        return step.call()
    if isinstance(step, Idle):
        return None
    return transport.get(step.url, headers=step.headers, limit=step.limit, what=step.what)
