"""Named tuples of our own making are as those of the standard library."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from piptools_clone import named_tuple

NUMBER = 7


class Ours(named_tuple.NamedTuple):
    """A value."""

    name: str
    parts: tuple[str, ...] = ()
    number: int = NUMBER

    @property
    def total(self) -> int:
        """What a method sees."""
        return len(self.parts) + self.number

    @classmethod
    def of(cls, name: str) -> Ours:
        """What a class method makes."""
        return cls(name)


class Theirs(typing.NamedTuple):
    """A value."""

    name: str
    parts: tuple[str, ...] = ()
    number: int = NUMBER


class Empty(named_tuple.NamedTuple):
    """Nothing."""


WAYS = [(("a",), {}), (("a", ("b",)), {}), (("a", ("b",), 3), {}), ((), {"name": "a"}), (("a",), {"number": 3})]


@pytest.mark.parametrize(("args", "named"), WAYS)
def test_values(args, named):
    ours, theirs = Ours(*args, **named), Theirs(*args, **named)
    assert ours == theirs
    assert hash(ours) == hash(theirs)
    assert (ours.name, ours.parts, ours.number) == (theirs.name, theirs.parts, theirs.number)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert ours._replace(number=9) == theirs._replace(number=9)
    assert type(ours._replace(number=9)) is Ours
    assert [*ours] == [*theirs]


def test_the_kind():
    assert Ours._fields == Theirs._fields
    assert Ours._field_defaults == Theirs._field_defaults
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours.__doc__ == Theirs.__doc__
    assert type(Ours) is type(Theirs)
    assert Ours._make(["a", (), 1]) == ("a", (), 1)
    assert (Empty(), Empty._fields) == ((), ())


def test_methods():
    assert Ours("a", ("b",)).total == NUMBER + 1
    assert type(Ours.of("a")) is Ours


def test_copies():
    value = Ours("a", ("b",))
    for made in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (made, type(made)) == (value, Ours)


def test_what_is_wrong_is_refused():
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError, match=rf"{kind.__name__}.__new__\(\) missing 1 required .*: 'name'"):
            kind()
        with pytest.raises(TypeError, match="unexpected keyword argument 'color'"):
            kind("a", color=1)
        with pytest.raises((ValueError, TypeError), match="Got unexpected field names"):
            kind("a")._replace(color=1)
        with pytest.raises(AttributeError):
            kind("a").number = 3
        with pytest.raises(AttributeError):
            kind("a").color = 3


def test_a_default_in_front_is_refused():
    with pytest.raises(TypeError, match="default"):

        class Wrong(named_tuple.NamedTuple):
            """A value."""

            name: str = ""
            number: int


def test_a_pattern_takes_one_apart():
    match Ours("a", number=3):
        case Ours(name, number=3):
            assert name == "a"
        case _:
            pytest.fail("it did not match")


def test_a_class_below():
    class Below(Ours):
        """With more to it."""

        __slots__ = ()

        def shout(self):
            return self.name.upper()

    assert Below("a").shout() == "A"
    assert Below("a")._replace(name="b").shout() == "B"
