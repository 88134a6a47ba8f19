"""Raw data points by hand: what the device's own list of functions does not allow is not sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from solarctl.drivers.tuya_functions import outside
from solarctl.virtualhome.emulators.tuya import Tuya
from tests.drivers.tuya.runs import Runs
from tests.home import Home, served

SECONDS = {"code": "countdown_1", "type": "Integer", "values": '{"unit":"s","min":0,"max":86400,"scale":0,"step":1}'}
WORDS = {"code": "relay_status", "type": "Enum", "values": {"range": ["on", "off", "last"]}}


@pytest.mark.parametrize(
    ("function", "value", "said"),
    [
        (SECONDS, 60, ""), (SECONDS, 0, ""), (SECONDS, 86400, ""),
        (SECONDS, 86401, "0 to 86400 s"), (SECONDS, -1, "0 to 86400 s"), (SECONDS, 1.5, "whole numbers"),
        (SECONDS, "60", "whole numbers"), (SECONDS, True, "whole numbers"),
        (WORDS, "last", ""), (WORDS, "never", "on, off, last"), (WORDS, ["on"], "on, off, last"),
        ({"type": "Boolean"}, True, ""), ({"type": "Boolean"}, 1, "true or false"),
        ({"type": "String"}, "x", ""), ({}, "x", ""), ({"type": "Integer", "values": "nonsense"}, 5, ""),
        ({"type": "Enum", "values": "[" * 9999}, 5, ""), ({"type": "Enum", "values": {"range": 5}}, 5, ""),
    ],
)  # fmt: skip
def test_what_a_function_takes(function: dict[str, Any], value: object, said: str) -> None:
    """Kinds, ranges and words are told; what nobody can tell is left to the device."""
    assert said in outside(function, value)
    assert bool(said) == bool(outside(function, value))


def test_a_silent_list_objects_to_nothing(runs: Runs, cloud: Tuya) -> None:
    """Where the list cannot be had, or has no such code, the device itself decides."""
    assert runs.relay().objection("no_such_code", 5) == ""
    cloud.faults.set("http-500")
    assert runs.relay().objection("countdown_1", 99999) == ""


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "tuya", tables="") as home:
        yield home


@pytest.mark.parametrize(
    ("assignment", "said"),
    [("countdown_1=999999", "0 to 86400"), ("switch_1=5", "true or false"), ("=5", "CODE=VALUE")],
)
def test_out_of_range_is_a_slip_of_the_finger(lived_in: Home, assignment: str, said: str) -> None:
    """Exit 2 with the range, also in a dry run; no command is sent."""
    for more in ((), ("-n",)):
        result = lived_in.run("device", "set", "grid-relay", assignment, *more)
        assert (result.exit, said in result.err) == (2, True), result
    assert not [one for one in lived_in.emulators["tuya"].journal if one.method == "POST"]


def test_within_range_it_is_set(lived_in: Home) -> None:
    """A countdown of a minute is taken."""
    assert lived_in.json("device", "set", "grid-relay", "countdown_1=60")["actions"][0]["outcome"] == "done"
