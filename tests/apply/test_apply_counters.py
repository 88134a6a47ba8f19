"""Counters of sockets that were replaced, reset or went on while nothing ran: what is booked, and that it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.apply.house import BOILER, NOON, Days


def drawing(kwh: float = 100.0) -> Days:
    """The boiler has drawn 2 kW for ten minutes; its counter began at `kwh`."""
    days = Days(BOILER)
    days.kwh["boiler"] = kwh
    days.follow({"boiler": [1] * 40})
    days.minutes(10)
    days.run()
    return days


@pytest.mark.parametrize(
    ("off_h", "moved_kwh", "booked_kwh"),
    [
        (0.5, -100.0, 0.0),  # a new socket, back at 0
        (12.0, -99.0, 0.0),  # a new socket that has counted a little since: whose, nobody knows
        (0.5, 100.0, 0.0),  # another socket's counter: more than the load can draw
        (1 / 60, 24.0, 0.0),  # a day's energy in a minute
        (0.5, 1.0, 1.0),  # missed runs: it went on drawing
        (0.5, 0.0, 0.0),
        (6.0, 3.5, 3.5),  # six hours without a run, seven quarters of an hour of them on
        (17.0, 3.5, 3.5),  # until five in the morning: the day of needs goes on
    ],
)
def test_what_a_counter_has_done_meanwhile(off_h: float, moved_kwh: float, booked_kwh: float) -> None:
    """What the load can have drawn is booked; a counter that cannot be the same one books nothing."""
    days = drawing()
    before = days.stored("boiler")
    days.now += timedelta(hours=off_h)
    days.kwh["boiler"] += moved_kwh
    days.run()
    assert days.stored("boiler") == pytest.approx(before + booked_kwh, abs=0.01)


def test_a_night_without_runs() -> None:
    """Of what was drawn since yesterday's last run the new day of needs gets its part of the hours, not all."""
    days = drawing()
    days.now += timedelta(hours=20)  # from noon to eight; the day of needs began at six
    days.kwh["boiler"] += 4.0
    days.run()
    assert days.stored("boiler") == pytest.approx(4.0 * 2 / 20, abs=0.05)


@pytest.mark.parametrize("counter_kwh", [0.0, 0.2, 5000.0])
def test_a_new_socket_is_counted_from_then_on(counter_kwh: float) -> None:
    """The energy of before stays booked, the new counter counts, and the load gets what it still lacks and no more."""
    days = drawing()
    before = days.stored("boiler")
    days.kwh["boiler"] = counter_kwh
    days.run()
    assert days.stored("boiler") == pytest.approx(before, abs=0.001)
    days.minutes(31)
    assert days.stored("boiler") == pytest.approx(before + 1.0, abs=0.05)
    days.minutes(150)
    assert not days.on["boiler"]
    assert days.kwh["boiler"] - counter_kwh == pytest.approx(4.0 - before, abs=0.1)


def test_a_counter_that_is_silent_for_a_while() -> None:
    """Without a counter the power stands in for some minutes; when it is back nothing is doubled."""
    days = drawing()
    before = days.stored("boiler")
    days.silent.add("boiler")
    days.minutes(20)
    days.silent.clear()
    days.run()
    assert days.stored("boiler") == pytest.approx(before + 2 * 20 / 60, abs=0.05)
    assert days.now < NOON + timedelta(hours=1)
