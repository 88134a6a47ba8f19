"""`record` every five minutes: the portal is asked every half an hour, whatever it answers."""

from __future__ import annotations

import pytest

from solarctl.errors import DeviceUnreachable
from tests.honeywell.conftest import House


def looks(house: House, minutes: int) -> list[object]:
    """What a run of `record` is told every five minutes: a reading, or the trouble."""
    told: list[object] = []
    for _ in range(0, minutes, 5):
        account, hall, _study = house.run()
        account._context.only_looks()
        try:
            told.append(hall.read_thermostat())
        except DeviceUnreachable as error:
            told.append(error.message)
        house.clock.advance(5 * 60)
    return told


def asked(house: House) -> int:
    """How often the thermostat itself was asked for."""
    return sum("CheckDataSession" in one.path for one in house.portal.journal)


def test_record_asks_every_half_an_hour(house: House) -> None:
    """In two hours of 24 runs four ask; the others have the last reading, with its own moment."""
    told = looks(house, 120)
    assert asked(house) == 4
    assert len({one.at for one in told}) == 4
    assert len(told) == 24


def test_a_rule_asks_anew(house: House) -> None:
    """A run that decides takes no answer that another run got."""
    looks(house, 5)
    before = asked(house)
    assert house.run()[1].read_thermostat().at == house.clock.now()
    assert asked(house) == before + 1


def test_a_thermostat_that_is_away_is_not_asked_each_time_either(house: House) -> None:
    """Its trouble is told by each run, in the same words, and asked about every half an hour."""
    house.portal.faults.set("device-lost")
    told = looks(house, 60)
    assert asked(house) == 2
    assert set(told) == {told[0]}
    assert "lost its connection" in str(told[0])


def test_another_thermostat_under_the_same_name_is_asked(house: House) -> None:
    """What was kept of one device says nothing about the one that the config names now."""
    looks(house, 5)
    account, hall, _study = house.run()
    account._context.only_looks()
    hall._device_id = 777
    assert hall.read_thermostat().at == house.clock.now()


@pytest.mark.parametrize("kept", ["nonsense", {"of": "honeywell 123456", "at": "2026-07-15T19:00:00+00:00"}])
def test_a_damaged_memory_is_asked_past(house: House, kept: object) -> None:
    """What is stored and does not fit counts as nothing."""
    account, hall, _study = house.run()
    account._context.only_looks()
    house.store.put("devices", "hall", {"lately": kept})
    assert hall.read_thermostat().setpoint_deg == 78
