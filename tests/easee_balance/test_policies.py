"""easee-balance's policies over time: the battery's part, phases, departure, force."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from solarctl.control.departure import Delivered, Departure, departure_at, need
from solarctl.control.easee_balance import Memory, Reason, decide
from solarctl.forced import Forced
from tests.easee_balance.house import MINUTE, NOW, ZONE, Timeline, battery, charger, grid, settings, target


class TestDoubleCounting:
    """The car's power and the meter are from different moments; the sum must not contain the car twice."""

    def written(self, amps: int, before_a: int, seconds: int = 60) -> Memory:
        at = NOW - timedelta(seconds=seconds)
        return Memory(
            target_a=amps, changed_at=at, drew_w=before_a * 690.0, ends_at=at + 3 * MINUTE,
            seen_limit_a=before_a, seen_draw_w=before_a * 690.0,
        )  # fmt: skip

    def test_stale_high_power_after_a_reduction(self):
        """The car went from 16 A to 6 A; told 11 kW from before, the budget is still that of 6 A."""
        memory = self.written(6, 16)
        plugged = charger(11.04, limit_a=6, power_at=NOW - 5 * MINUTE)
        decision = decide(plugged, grid(0.1), battery(), settings(), memory, NOW)
        assert target(decision) == 6, decision.because

    def test_stale_low_power_after_a_rise(self):
        """The car went from 6 A to 16 A; told 4 kW from before, it is not throttled."""
        memory = self.written(16, 6)
        plugged = charger(4.14, limit_a=16, power_at=NOW - 5 * MINUTE)
        decision = decide(plugged, grid(0.1), battery(), settings(), memory, NOW)
        assert target(decision) == 16, decision.because

    def test_power_told_after_the_write_is_used(self):
        """A car that takes only 10 of 16 A is seen as soon as the charger tells."""
        memory = self.written(16, 6)
        plugged = charger(6.9, limit_a=16, power_at=NOW - timedelta(seconds=20))
        decision = decide(plugged, grid(0.1), battery(), settings(), memory, NOW)
        assert target(decision) == 10, decision.because

    def test_a_meter_from_before_the_change(self):
        """A meter that still shows the export the car has taken meanwhile does not pay for it again."""
        memory = self.written(12, 6)
        plugged = charger(8.28, limit_a=12, power_at=NOW)
        decision = decide(plugged, grid(4.2, NOW - 2 * MINUTE), battery(), settings(), memory, NOW)
        assert target(decision) == 12, decision.because

    def test_the_first_seconds_after_a_rise(self):
        """While the car is still ramping up, its export is not spent a second time."""
        memory = self.written(12, 6, seconds=8)
        plugged = charger(4.14, limit_a=12, power_at=NOW - MINUTE)
        decision = decide(plugged, grid(4.2), battery(), settings(), memory, NOW)
        assert target(decision) == 12, decision.because

    def test_more_than_is_offered_cannot_be_true(self):
        """Power above the offered current is from before the offer fell, whoever let it fall."""
        plugged = charger(11.04, limit_a=6, power_at=NOW)
        decision = decide(plugged, grid(0.1), battery(), settings(), Memory(target_a=6, ends_at=NOW), NOW)
        assert target(decision) == 6, decision.because

    def test_a_car_that_is_full_counts_nothing(self):
        """A car that has stopped by itself does not leave its offered current in the sum."""
        memory = self.written(16, 6)
        plugged = charger(0.0, mode="done", limit_a=16, power_at=NOW - 30 * MINUTE)
        decision = decide(plugged, grid(5.0), battery(), settings(), memory, NOW)
        assert target(decision) == 7, decision.because


class TestBatteryFirst:
    def test_what_the_battery_can_take_is_learnt_while_there_is_export(self):
        """A battery that takes 2.5 kW is left 2.5 kW later on, not the 5 kW of the first guess."""
        day = Timeline(battery_takes_w=5000, enable_delay_min=0)
        day.tick(7.0, soc_pct=50, battery_kw=2.5)
        assert day.memory.battery_takes_w == 2500
        assert day.limit_a == 6
        assert str(day.tick(6.7, soc_pct=50, battery_kw=2.5).reason) == "surplus"

    def test_a_car_does_not_starve_a_low_battery(self):
        """With the car on, the battery's charge falls; the car yields rather than keep what is the battery's."""
        day = Timeline(enable_delay_min=0, disable_delay_min=0)
        day.memory = Memory(target_a=6, changed_at=NOW - 9 * MINUTE, ends_at=NOW)
        day.limit_a = 6
        assert str(day.tick(4.9, soc_pct=50, battery_kw=0.76).reason) == "stopping"


class TestPhases:
    def switch(self, **changes):
        return Timeline(phase_switching=True, enable_delay_min=0, **changes)

    def weak_sun(self, day, runs, **changes):
        return day.run(2.0, runs, can_switch_phases=True, **changes)

    def test_weak_sun_is_used_on_one_phase(self):
        """2 kW are too little for three phases; on one they are 8 A."""
        day = self.switch()
        assert self.weak_sun(day, 1) == ["starting"]
        assert day.writes[-1].phases == 1
        self.weak_sun(day, 1)
        assert (day.limit_a, day.writes[-1].phases) == (8, 1)

    def test_the_first_amps_on_one_phase_are_seven(self):
        """Newer firmware sleeps at exactly 6 A after the change; it is woken with 7."""
        day = self.switch()
        day.memory = Memory(target_a=6, changed_at=NOW - 9 * MINUTE, ends_at=NOW)
        day.limit_a = 6
        amps = [target(day.tick(1.45, can_switch_phases=True, car_phases=1 if i > 4 else 3)) for i in range(7)]
        assert amps == [6, 6, 6, 0, 7, 6, 6]

    def test_strong_sun_goes_back_to_three_after_a_quarter_of_an_hour(self):
        """Between two changes lie 15 minutes, for the relay's sake."""
        day = self.switch()
        self.weak_sun(day, 2)
        runs = [day.tick(9.0, can_switch_phases=True, car_phases=1 if i < 14 else 3) for i in range(18)]
        phases = [decision.actions[0].phases for decision in runs]
        assert phases.index(3) == 13
        assert (day.limit_a, day.memory.switching.use) == (13, 3)

    def test_a_car_on_one_phase_never_switches(self):
        """There is nothing to win where the car uses one phase anyway."""
        day = Timeline(phase_switching=True, enable_delay_min=0, car_phases=1)
        day.memory = Memory(phases=1)
        self.weak_sun(day, 5, car_phases=1)
        assert day.limit_a == 8
        assert {action.phases for action in day.writes} == {None}

    def test_force_goes_back_to_three(self):
        """Who forces the car wants all of it: one pause, then three phases."""
        day = self.switch()
        self.weak_sun(day, 3)
        day.forced = Forced("car", NOW + 60 * MINUTE, mode="now")
        assert [target(day.tick(2.0, can_switch_phases=True, car_phases=n)) for n in (1, 3, 3)] == [0, 16, 16]
        assert day.writes[-1].phases == 3

    def test_switching_that_is_switched_off(self):
        """Without the setting all phases are used again."""
        day = self.switch()
        self.weak_sun(day, 3)
        day.settings = settings(phase_switching=False)
        day.tick(2.0, can_switch_phases=True)
        assert day.writes[-1].phases is None

    def test_a_change_of_phases_is_no_stop(self):
        """Only the sun's stops make the delays longer."""
        day = self.switch()
        day.run(5.0, 2, can_switch_phases=True)
        self.weak_sun(day, 6)
        assert day.memory.switching.use == 1
        assert day.memory.stops == 0

    @pytest.mark.parametrize("changes", [{"phase_switching": False}, {}])
    def test_it_is_opt_in_and_needs_a_charger_that_can(self, changes):
        """Without the setting, or on a circuit that is shared, phases stay as they are."""
        day = Timeline(**({"phase_switching": True} | changes))
        day.run(2.0, 5, can_switch_phases=bool(changes))
        assert {action.phases for action in day.writes} == {None}
        assert day.limit_a == 0


class TestDeparture:
    DUE = Departure(kwh=10.0, by=time(7, 0))

    def night_tariff(self, moment: datetime) -> float:
        return 0.10 if 1 <= moment.hour < 5 else 0.30

    def test_the_cheapest_hours_are_used(self):
        """10 kWh at 11 kW by 07:00 are an hour of the cheap night, its last one."""
        evening = NOW.replace(hour=20)
        found = need(self.DUE, Delivered(), 11040, self.night_tariff, evening)
        assert found is not None
        assert found.told() == "04:00–05:00"

    def test_the_evening_waits_and_the_night_charges(self):
        """Before the cheap hour the sun rules; in it the car gets all there is."""
        day = Timeline(start=NOW.replace(hour=23), departure=self.DUE)
        day.price_at = self.night_tariff
        assert day.run(-0.5, 1) == ["surplus"]
        day.now = day.now.replace(hour=4, minute=1) + timedelta(days=1)
        decision = day.tick(-0.5)
        assert (decision.reason, target(decision)) == (Reason.FORCED, 16)
        assert "10.0 kWh are due by 07:00" in decision.because

    def test_what_the_sun_brought_is_not_bought_again(self):
        """9.97 kWh of sun leave nothing to buy."""
        due = departure_at(time(7), NOW)
        assert need(self.DUE, Delivered(kwh=9.97, due=due), 11040, self.night_tariff, NOW) is None

    def test_a_late_owner_gets_every_hour_left(self):
        """When there is less time than is needed, all of it is used."""
        late = NOW.replace(hour=6, minute=40)
        found = need(self.DUE, Delivered(), 11040, self.night_tariff, late)
        assert found is not None
        assert found.is_now(late)
        assert found.told() == "06:40–07:00"

    def test_the_session_counter(self):
        """Energy is summed over sessions; a spurious 0 in the middle of one adds nothing."""
        due = departure_at(time(7), NOW)
        sums = Delivered(due=due)
        for counter, connected in ((0.0, True), (4.0, True), (0.0, True), (4.5, True), (None, False), (0.0, True),
                                   (1.0, True)):  # fmt: skip
            sums = sums.counted(counter, connected=connected, due=due)
        assert sums.kwh == pytest.approx(5.5)

    def test_the_night_the_clocks_change(self):
        """On the long night 07:00 is one hour further away, and the hours are real ones."""
        saturday = datetime(2026, 10, 24, 22, 0, tzinfo=ZONE)
        due = departure_at(time(7), saturday)
        assert (due.timestamp() - saturday.timestamp()) / 3600 == 10
        found = need(Departure(99.0, time(7)), Delivered(), 11040, lambda _m: 0.2, saturday)
        assert found is not None
        assert sum(end.timestamp() - start.timestamp() for start, end in found.hours) == pytest.approx(
            9.75 * 3600, abs=901
        )


def test_force_ends_by_itself():
    """An hour of full power, and the sun rules again."""
    day = Timeline()
    day.forced = Forced("car", NOW + 2 * MINUTE, mode="now")
    assert day.run(0.0, 2) == ["forced", "forced"]
    assert day.limit_a == 16
    day.forced = None
    assert day.run(0.0, 4) == ["holding", "holding", "holding", "stopping"]
