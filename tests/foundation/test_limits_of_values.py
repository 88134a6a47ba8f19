"""Values of config.toml at their very limits, names given twice, and how a wrong value is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from solarctl.capabilities import Switch
from solarctl.errors import ConfigError
from solarctl.settings import device, setting
from tests.foundation.config_parts import decoded
from tests.foundation.config_parts import problems as problems_of


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Edges:
    relays: tuple[str, ...] = device(Switch, default=())
    words: tuple[str, ...] = setting(())
    moment: datetime | None = setting(None)
    colour: Colour = setting(Colour.RED)
    by_name: Mapping[str, float] = setting(default_factory=dict)
    share: float = setting(0.5, gt=0, le=1)
    count: int = setting(1, ge=1)


@pytest.mark.parametrize("text", ["pct = 0", "pct = 100", "count = 1", "count = 1.0"])
def test_a_limit_itself_is_allowed(tmp_path, text):
    """At least 0 is 0 too, at most 100 is 100 too; a whole number may be written with a point."""
    decoded(f"[t]\nname = 'x'\n{text}", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pct = -0.1", "must be at least 0, not -0.1"),
        ("pct = 100.1", "must be at most 100, not 100.1"),
        ("count = 0", "must be more than 0, not 0"),
        ("pct = nan", "finite"),
        ("pct = inf", "finite"),
        ("count = 1.5", "whole number"),
        ("flag = 1", "true or false"),
        ("pct = true", "must be a number, not true"),
        ("name = 5", "must be text in quotes, not 5"),
        (f'word = "{"x" * 80}"', "not '" + "x" * 56 + "..."),  # a long one is cut, the start can be found
        ('word = "hold "', "must be one of hold, on, not 'hold '"),
    ],
)
def test_what_is_beyond_it_is_said(tmp_path, text, said):
    """The limit, and what stands there."""
    head = "" if text.startswith("name") else "name = 'x'\n"
    [problem] = problems_of(f"[t]\n{head}{text}", tmp_path)
    assert said in problem.message


def edges(text, tmp_path):
    return decoded(f"[t]\n{text}\n[devices.a]\ndriver = 'x'\n[devices.b]\ndriver = 'x'", tmp_path, Edges)


def test_one_device_stands_for_a_list_of_one(tmp_path):
    """A name where names are wanted; other lists must be lists."""
    assert edges('relays = "a"', tmp_path).relays == ("a",)
    with pytest.raises(ConfigError, match="must be a list"):
        edges('words = "a"', tmp_path)


def test_a_device_is_named_once(tmp_path):
    """A relay that stands twice in a list would be switched twice; other words may be repeated."""
    assert edges('relays = ["a", "b"]', tmp_path).relays == ("a", "b")
    assert edges('words = ["a", "a"]', tmp_path).words == ("a", "a")
    with pytest.raises(ConfigError, match="names a twice"):
        edges('relays = ["a", "b", "a"]', tmp_path)


def test_moments_enumerations_and_tables(tmp_path):
    """Each kind of value that a settings class may name comes out as that kind."""
    found = edges('moment = 2026-07-01T14:00:00Z\ncolour = "blue"\nby_name = { x = 1 }\nshare = 1', tmp_path)
    assert (found.moment, found.colour) == (datetime(2026, 7, 1, 14, tzinfo=UTC), Colour.BLUE)
    assert (found.by_name, found.share) == ({"x": 1.0}, 1.0)
    assert isinstance(found.by_name["x"], float)
    for text, said in (('moment = "soon"', "a date with a time"), ('colour = "green"', "one of red, blue")):
        with pytest.raises(ConfigError, match=said):
            edges(text, tmp_path)
