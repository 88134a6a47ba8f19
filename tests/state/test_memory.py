"""Memory as JSON and back: nothing is lost, and nothing that does not fit gets in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.memory import decode, encode


class Mood(StrEnum):
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class Relay:
    on: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class Memory:
    text: str = ""
    count: int = 0
    power_w: float = 0.0
    sure: bool = False
    nothing: None = None
    at: datetime | None = None
    day: date | None = None
    until: time | None = None
    mood: Mood = Mood.LOW
    word: Literal["a", "b"] = "a"
    steps: list[float] = field(default_factory=list)
    pair: tuple[int, str] = (0, "")
    names: tuple[str, ...] = ()
    relay: Relay = Relay()
    relays: dict[str, Relay] = field(default_factory=dict)
    by_hour: dict[int, float] = field(default_factory=dict)
    by_day: dict[date, int | None] = field(default_factory=dict)
    maybe: int | str | None = None
    anything: Any = None


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC) | ZONES)
FLOATS = st.floats(allow_nan=False)
RELAYS = st.builds(Relay, on=st.booleans(), since=st.none() | MOMENTS)
JSON = st.none() | st.booleans() | st.integers() | FLOATS | st.text() | st.lists(st.integers())
MEMORIES = st.builds(
    Memory,
    text=st.text(),
    count=st.integers(),
    power_w=FLOATS,
    sure=st.booleans(),
    at=st.none() | MOMENTS,
    day=st.none() | st.dates(),
    until=st.none() | st.times(),
    mood=st.sampled_from(Mood),
    word=st.sampled_from(["a", "b"]),
    steps=st.lists(FLOATS, max_size=3),
    pair=st.tuples(st.integers(), st.text()),
    names=st.lists(st.text(), max_size=3).map(tuple),
    relay=RELAYS,
    relays=st.dictionaries(st.text(), RELAYS, max_size=2),
    by_hour=st.dictionaries(st.integers(), FLOATS, max_size=2),
    by_day=st.dictionaries(st.dates(), st.none() | st.integers(), max_size=2),
    maybe=st.none() | st.integers() | st.text(),
    anything=JSON,
)


@given(MEMORIES)
@settings(max_examples=60, deadline=None)
def test_everything_survives_the_file(memory):
    """What is remembered comes back equal, through real JSON text."""
    assert decode(Memory, json.loads(json.dumps(encode(memory)))) == memory


@given(st.recursive(JSON, lambda inner: st.dictionaries(st.sampled_from(list(Memory.__annotations__)), inner)))
@settings(max_examples=60, deadline=None)
def test_decoding_never_raises(stored):
    """Whatever the file says: a Memory, or None with the reason."""
    told: list[str] = []
    found = decode(Memory, stored, told.append)
    assert isinstance(found, Memory) is (told == [])


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({}, Memory()),
        ({"gone": 1}, Memory()),
        ({"power_w": 5}, Memory(power_w=5.0)),
        ({"count": 5.0}, Memory(count=5)),
        ({"relay": {"on": True, "colour": "red"}}, Memory(relay=Relay(on=True))),
        ({"maybe": "7"}, Memory(maybe="7")),
    ],
)
def test_what_fits(stored, expected):
    """Missing keys take their default, unknown ones are dropped, whole numbers are numbers."""
    assert decode(Memory, stored) == expected


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"count": True},
        {"count": 1.5},
        {"count": "1"},
        {"power_w": None},
        {"power_w": 10**400},
        {"sure": 1},
        {"text": 1},
        {"at": "2026-07-01"},
        {"at": "noon"},
        {"day": "2026-07-01T12:00:00"},
        {"until": "25:00"},
        {"mood": "furious"},
        {"word": "c"},
        {"steps": "abc"},
        {"steps": [1, "x"]},
        {"pair": [1]},
        {"relay": {"on": "yes"}},
        {"relays": [1]},
        {"by_hour": {"noon": 1.0}},
        {"by_day": {"2026-13-01": 1}},
        {"maybe": 1.5},
    ],
)
def test_what_no_longer_fits_is_dropped_with_a_notice(stored):
    """One value of another kind gives up the whole memory, and says which."""
    told: list[str] = []
    assert decode(Memory, stored, told.append) is None
    assert told[0].startswith("Memory")


def test_a_field_without_default_must_be_there():
    """Then the memory does not fit."""

    @dataclass(frozen=True)
    class Strict:
        number: int

    globals()["Strict"] = Strict
    assert decode(Strict, {}) is None
    assert decode(Strict, {"number": 1}) == Strict(1)
