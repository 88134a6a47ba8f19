"""easee-balance's memory: what really became of the limit, the car's phases, and what was delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from solarctl.control.charge_phases import PhaseMemory
from solarctl.control.departure import Delivered, Departure, cheapest, need
from solarctl.control.easee_balance import decide
from solarctl.control.easee_memory import Memory, noted, remember
from solarctl.decision import Carried, Outcome, SetChargeLimit
from tests.easee_balance.house import MINUTE, NOW, battery, charger, grid, settings


def carried(amps: int, outcome: Outcome = Outcome.DONE, at: datetime = NOW) -> Carried:
    return Carried(SetChargeLimit("car", amps, 3, renew=True), outcome, at)


class TestTheLimit:
    def test_a_change_is_dated_and_what_the_car_drew_before_is_kept(self):
        """The next run must not take the old draw for the new one."""
        memory = Memory(target_a=6, seen_limit_a=6, seen_draw_w=4100.0)
        after = remember(memory, [carried(10)])
        assert (after.target_a, after.changed_at, after.drew_w) == (10, NOW.astimezone(UTC), 4100.0)
        assert after.ends_at == NOW.astimezone(UTC) + timedelta(minutes=3)

    def test_the_same_limit_again_is_no_change(self):
        """Renewing the time to live says nothing about the car's draw."""
        memory = Memory(target_a=10, seen_limit_a=10, seen_draw_w=6900.0)
        after = remember(memory, [carried(10)])
        assert (after.changed_at, after.drew_w) == (None, None)
        assert after.ends_at is not None

    def test_what_was_only_found_so_is_not_dated(self):
        """Nothing was written: the time to live is not renewed."""
        after = remember(Memory(target_a=6), [carried(10, Outcome.UNCHANGED)])
        assert (after.target_a, after.ends_at, after.changed_at) == (10, None, None)

    def test_a_write_that_failed_leaves_everything(self):
        """The charger is where it was."""
        memory = Memory(target_a=6, seen_limit_a=6)
        assert remember(memory, [carried(10, Outcome.FAILED)]) == memory

    @pytest.mark.parametrize(("target_a", "seen_stop", "stops"), [(6, True, 1), (0, True, 0), (6, False, 0)])
    def test_a_stop_is_counted_when_the_sun_ended_a_charge(self, target_a, seen_stop, stops):
        """A car that was not charging, or that somebody else stopped, makes the next start no later."""
        assert remember(Memory(target_a=target_a, seen_stop=seen_stop), [carried(0)]).stops == stops

    def test_stops_are_counted_by_day(self):
        """The second of a day is the second; the first of the next day the first."""
        memory = Memory(target_a=6, seen_stop=True, stops=1, stops_on=NOW.date())
        assert remember(memory, [carried(0)]).stops == 2
        tomorrow = remember(memory, [carried(0, at=NOW + timedelta(days=1))])
        assert (tomorrow.stops, tomorrow.stops_on) == (1, NOW.date() + timedelta(days=1))


class TestThePhases:
    def test_a_charging_car_shows_them(self):
        """What the charger tells while the car draws is the car's."""
        assert noted(charger(4.0, phases=1), settings(), Memory(), NOW).phases == 1

    @pytest.mark.parametrize(
        ("told", "memory"),
        [
            (charger(4.0, phases=None), Memory(phases=3)),
            (charger(0.0, phases=1), Memory(phases=3)),  # nothing is drawn: it shows nothing
            (charger(4.0, phases=1), Memory(phases=3, switching=PhaseMemory(use=1))),  # we have asked for one
            (charger(4.0, phases=1, power_at=NOW - MINUTE), Memory(phases=3, changed_at=NOW - MINUTE / 2)),
        ],
        ids=["not told", "not charging", "we use one of three", "told before our last change"],
    )
    def test_what_does_not_show_them(self, told, memory):
        """The car's phases stay what an earlier charge has shown."""
        assert noted(told, settings(), memory, NOW).phases == 3

    def test_told_after_our_last_change(self):
        """At that moment or later it counts."""
        memory = Memory(phases=3, changed_at=NOW - MINUTE)
        assert noted(charger(4.0, phases=1, power_at=NOW - MINUTE), settings(), memory, NOW).phases == 1
        assert noted(charger(4.0, phases=1, power_at=None), settings(), memory, NOW).phases == 1

    @pytest.mark.parametrize(
        ("memory", "told", "car_phases", "amps"),
        [
            (Memory(phases=1), 3, 3, 8),  # what the car has shown goes first
            (Memory(), 1, 3, 8),  # then what the charger tells
            (Memory(), None, 1, 8),  # then what the owner says
            (Memory(), None, 0, 0),  # then three, with which no fuse is overloaded
        ],
    )
    def test_whose_word_counts(self, memory, told, car_phases, amps):
        """1.9 kW of sun are 8 A on one phase, and too little for three."""
        rules = settings(car_phases=car_phases, enable_delay_min=0)
        decision = decide(charger(phases=told), grid(1.9), battery(), rules, memory, NOW)
        assert decision.actions[0].to == amps, decision.because


class TestTheDeparture:
    RULES = settings(departure=Departure(10.0, time(7)))

    def test_a_car_that_leaves_ends_its_session(self):
        """The next car's counter starts at 0; what was delivered for this departure stays."""
        memory = noted(charger(4.0, energy_kwh=3.0), self.RULES, Memory(), NOW)
        memory = noted(charger(energy_kwh=3.0, connected=False), self.RULES, memory, NOW)
        assert (memory.delivered.kwh, memory.delivered.counter_kwh) == (3.0, None)
        unknown = noted(
            charger(energy_kwh=4.0, connected=None), self.RULES, replace(memory, delivered=Delivered()), NOW
        )
        assert unknown.delivered.counter_kwh == 4.0  # not known to be gone: it is there

    def test_a_car_that_needs_no_power_at_all(self):
        """A charger that may give nothing brings no hours."""
        assert need(Departure(10.0, time(7)), Delivered(), 0.0, lambda _at: 0.2, NOW) is None

    def test_the_due_minute_itself_belongs_to_the_next_day(self):
        """At seven sharp the departure of today is over."""
        seven = NOW.replace(hour=7, minute=0)
        found = need(Departure(10.0, time(7)), Delivered(), 11_000.0, lambda _at: 0.2, seven)
        assert found is not None
        assert found.due == seven + timedelta(days=1)

    def test_no_more_hours_than_are_needed(self):
        """Half an hour is two quarters, not three."""
        start = NOW.replace(minute=0)
        slots = [(start + n * 15 * MINUTE, start + (n + 1) * 15 * MINUTE, 0.2) for n in range(8)]
        assert cheapest(slots, 0.5) == slots[-2:]

    def test_an_hour_ends_when_it_ends(self):
        """The first minute after the block is no part of it."""
        found = need(Departure(1.0, time(12, 30)), Delivered(), 11_040.0, lambda _at: 0.2, NOW)
        assert found is not None
        [(start, end)] = found.hours
        assert found.is_now(start)
        assert not found.is_now(end)
