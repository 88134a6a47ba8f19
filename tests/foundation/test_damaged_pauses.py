"""A pause in a state that somebody has edited: no bug, and never less of a pause than was meant."""

from __future__ import annotations

import json

import pytest

from tests.home import served


@pytest.fixture
def house(tmp_path):
    table = '[grid-guard]\nbattery = "inverter"\nswitch = "grid-relay"\n'
    with served(tmp_path, "solax-cloud", "tuya", tables=table) as home:
        home.run("pause")
        yield home


def edited(house, entry):
    path = house.state_dir / "state.json"
    state = json.loads(path.read_text())
    state["pause"]["*"] = entry
    path.write_text(json.dumps(state))


@pytest.mark.parametrize("until", ["noon", "2026-07-01T12:00:00", 5, [], {"a": 1}])
def test_an_end_that_is_no_moment(house, until):
    """It lasts until `resume`."""
    edited(house, {"until": until})
    told = house.run("grid-guard", "-n")
    assert "Paused until `resume`" in told.out
    assert house.run("status").exit == 0
    assert house.run("resume").exit == 0


@pytest.mark.parametrize("entry", [-1, True, "x", [], None])
def test_an_entry_that_is_no_object(house, entry):
    """Such a state is damaged, which is told with 74; it is no bug."""
    edited(house, entry)
    for command in ("status", "grid-guard"):
        edited(house, entry)
        assert house.run(command).exit in (0, 74), command
