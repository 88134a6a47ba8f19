"""Values behave as frozen dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from dataclasses import field
from typing import ClassVar, Generic, TypeVar

import pytest

from solarctl.value import replace, value

T = TypeVar("T")


@value
class Base:
    kind: ClassVar[str] = "base"
    name: str
    watts: float = 0.0


@value
class Longer(Base):
    marks: list[int] = field(default_factory=list)
    hidden: int = field(default=3, repr=False)


@value(kw_only=True)
class Named:
    first: int
    second: int = 2


@value
class Box(Generic[T]):
    content: T


def test_making():
    """By position, by name, with defaults and factories; inherited fields come first."""
    assert Base("a") == Base(name="a", watts=0.0)
    assert Longer("a", 1.0) == Longer("a", watts=1.0, marks=[])
    assert Longer("a").marks is not Longer("b").marks
    assert Named(first=1).second == 2
    assert Box[int](3).content == 3


@pytest.mark.parametrize(
    ("cls", "args", "named"),
    [
        (Base, (), {}),
        (Base, ("a", 1.0, 2), {}),
        (Base, ("a",), {"name": "b"}),
        (Base, ("a",), {"volts": 3}),
        (Named, (1,), {}),
        (Named, (), {"second": 3}),
    ],
)
def test_what_cannot_be_made(cls, args, named):
    """Missing, surplus, doubled and unknown fields are type errors."""
    with pytest.raises(TypeError):
        cls(*args, **named)


def test_it_is_a_dataclass():
    """fields, replace, asdict, match and is_dataclass work."""
    one = Longer("a", 1.0, [1])
    assert dataclasses.is_dataclass(Longer)
    assert [f.name for f in dataclasses.fields(Longer)] == ["name", "watts", "marks", "hidden"]
    assert dataclasses.replace(one, name="b") == Longer("b", 1.0, [1])
    assert dataclasses.asdict(one) == {"name": "a", "watts": 1.0, "marks": [1], "hidden": 3}
    match one:
        case Longer(name, watts):
            assert (name, watts) == ("a", 1.0)
        case _:
            pytest.fail("match does not know its fields")


def test_it_cannot_be_changed():
    """Assigning and deleting are refused."""
    one = Base("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.other = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name


def test_comparing_hashing_showing():
    """By type and fields; hidden fields are not shown."""
    assert Base("a") != Longer("a")
    assert Base("a") != "a"
    assert len({Base("a"), Base("a"), Base("b")}) == 2
    assert repr(Longer("a")) == "Longer(name='a', watts=0.0, marks=[])"


def test_copies_are_equal():
    """copy, deepcopy and pickle."""
    one = Base("a", 2.0)
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_threads_may_make_the_first_one():
    """Many threads making the first values of a class at once all get whole ones."""
    for _ in range(50):

        @value
        class Fresh:
            a: int
            b: list[int] = field(default_factory=list)

        made, start = [], threading.Barrier(4)

        def make(cls=Fresh, made=made, start=start):
            start.wait()
            made.append(cls(1))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [Fresh(1, [])] * 4


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    name: str
    watts: float = 0.0


@pytest.mark.parametrize("one", [Longer("a", 1.0, [1]), Named(first=1, second=2), Box("x"), Slotted("a", 1.0)])
def test_replace_is_that_of_dataclasses(one):
    """A copy differs in what was changed alone, and is what dataclasses.replace makes; unknown names are refused."""
    for changes in ({}, {dataclasses.fields(one)[0].name: "b"}):
        copied = replace(one, **changes)
        assert copied == dataclasses.replace(one, **changes)
        assert type(copied) is type(one)
        assert copied is not one
    with pytest.raises(TypeError):
        replace(one, volts=3)


def test_the_order_of_names_does_not_matter():
    """Equal values have one hash, however their fields were given, and however they came to be."""
    one, other = Longer(name="a", watts=1.0, marks=(), hidden=3), Longer(hidden=3, marks=(), watts=1.0, name="a")
    assert one == other == replace(Longer("b", 1.0, ()), name="a")
    assert hash(one) == hash(other) == hash(replace(Longer("b", 1.0, ()), name="a"))
