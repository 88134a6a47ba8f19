"""What a plan does, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from solarctl.control.plan import Memory, Reason, decide
from solarctl.control.plan_settings import Load, Settings, settings_hash
from solarctl.control.plan_words import Booked
from tests.plan.houses import (
    BOILER,
    MORNING,
    SPARE,
    ZONE,
    foreseen,
    hours_on,
    noon_sun,
    on_times,
    planned,
    settings,
)


def test_a_need_runs_on_the_sun():
    """With enough sun the boiler buys nothing and has all it takes."""
    plan = planned(settings(BOILER))
    assert hours_on(plan, "boiler") == 2
    grid = plan.grid_w()
    assert all(watts <= 0 for watts, on in zip(grid, plan.devices["boiler"]) if on)


def test_a_need_runs_on_the_grid_when_there_is_no_sun():
    """A dark day: the need is met all the same, in one block."""
    plan = planned(settings(BOILER), solar=0.0)
    assert hours_on(plan, "boiler") == 2
    assert "".join(map(str, plan.devices["boiler"])).strip("0") == "1" * 8
    assert plan.expected.unmet_kwh == {"boiler": 0.0}


def test_without_sun_it_runs_where_power_is_cheap():
    """Prices by the slot: the two cheapest hours are taken."""
    buy = [0.30] * 40 + [0.10] * 8 + [0.30] * 48
    plan = planned(settings(BOILER), solar=0.0, buy=buy)
    assert plan.devices["boiler"] == (0,) * 40 + (1,) * 8 + (0,) * 48


def test_a_negative_price_is_taken_before_the_sun():
    """Being paid to draw beats sun that could be sold."""
    buy = [0.25] * 80 + [-0.10] * 8 + [0.25] * 8
    plan = planned(settings(BOILER), buy=buy)
    assert sum(plan.devices["boiler"][80:88]) == 8


def test_a_deadline_before_the_sun_is_kept():
    """Ready by 09:00: it runs before, though noon would be free."""
    plan = planned(settings(replace(BOILER, deadline=time(9))))
    assert sum(plan.devices["boiler"][:12]) == 8
    assert sum(plan.devices["boiler"][12:]) == 0
    assert "09:00" in plan.why["boiler"]


def test_what_does_not_fit_is_named_with_its_amount():
    """One hour left for two hours' energy: it runs that hour, and 2 kWh are named."""
    rules = settings(replace(BOILER, deadline=time(7)))
    decision, plan = decide(foreseen(rules), rules, Memory(), MORNING)
    assert plan.devices["boiler"][:4] == (1, 1, 1, 1)
    assert plan.expected.unmet_kwh["boiler"] == pytest.approx(2.0)
    assert decision.reason is Reason.RELAXED
    assert "2.00 kWh for boiler" in decision.because
    assert "2.00 kWh" in plan.why["boiler"]


def test_surplus_only_takes_what_would_be_exported():
    """The spare boiler runs while 1500 W are left over, and adds nothing to what is bought."""
    with_spare, without = planned(settings(BOILER, SPARE)), planned(settings(BOILER))
    assert hours_on(with_spare, "spare") == 2
    assert with_spare.expected.import_kwh == pytest.approx(without.expected.import_kwh)
    assert with_spare.devices["boiler"] == without.devices["boiler"]


@pytest.mark.parametrize("commanded", [False, True])
@pytest.mark.parametrize("peak_w", [900.0, 1600.0, 2400.0, 4000.0])
def test_surplus_only_never_makes_the_needs_dearer(peak_w, commanded):
    """With a battery too: neither more is bought, nor is less stored at the end."""
    rules = settings(BOILER, battery=True, command_battery=commanded)
    both = settings(BOILER, SPARE, battery=True, command_battery=commanded)
    solar = list(noon_sun(peak_w=peak_w))
    alone, shared = planned(rules, solar=solar), planned(both, solar=solar)
    assert shared.expected.import_kwh == pytest.approx(alone.expected.import_kwh, abs=1e-4)
    assert shared.soc_kwh[-1] >= alone.soc_kwh[-1] - 1e-6
    assert shared.expected.cost - alone.expected.cost == pytest.approx(hours_on(shared, "spare") * 1.5 * 0.05, abs=1e-3)


def test_surplus_only_stays_off_without_surplus():
    """A dark day: off, and the sentence says why."""
    plan = planned(settings(SPARE), solar=500.0)
    assert hours_on(plan, "spare") == 0
    assert "1500 W" in plan.why["spare"]


def test_the_battery_gets_its_part_first():
    """min_battery_pct: the spare boiler waits until the battery holds so much."""
    eager = settings(SPARE, battery=True)
    patient = settings(replace(SPARE, min_battery_pct=90), battery=True)
    solar = list(noon_sun(peak_w=5000))
    first, later = planned(eager, solar=solar, soc=0.0), planned(patient, solar=solar, soc=0.0)
    begin = later.devices["spare"].index(1)
    assert begin > first.devices["spare"].index(1)
    assert all(soc >= 0.9 * 2.7 - 1e-6 for soc, on in zip(later.soc_kwh, later.devices["spare"]) if on)


def test_priority_decides_who_gets_the_last_of_it():
    """Room for one under the grid's limit: the smaller number gets it, the other is named."""
    first, second = replace(BOILER, device="a", priority=2), replace(BOILER, device="b", priority=1)
    rules = settings(first, second, grid_limit_w=2500, horizon_h=2.0)
    plan = planned(rules, solar=0.0)
    assert hours_on(plan, "b") == 2
    assert plan.expected.unmet_kwh == {"a": pytest.approx(4.0), "b": 0.0}
    assert "2500 W" in plan.why["a"]


def test_priority_decides_who_gets_the_surplus():
    """Surplus for one at a time: the first in priority gets the first of it."""
    loads = [replace(SPARE, device=name, priority=place) for name, place in (("a", 2), ("b", 1))]
    plan = planned(settings(*loads), solar=[0.0] * 20 + [1800.0] * 8 + [0.0] * 68)
    assert (hours_on(plan, "a"), hours_on(plan, "b")) == (0, 2)


def test_the_grids_limit_is_never_crossed_by_a_load():
    """Two boilers that would cross it together run one after the other."""
    loads = [replace(BOILER, device=name) for name in ("a", "b")]
    plan = planned(settings(*loads, grid_limit_w=3000), solar=0.0)
    assert max(plan.grid_w()) <= 3000
    assert (hours_on(plan, "a"), hours_on(plan, "b")) == (2, 2)


def test_shortest_run_and_pause_are_kept():
    """A compressor of an hour at least does not follow every price."""
    buy = [0.1 if t % 4 == 0 else 0.4 for t in range(96)]
    rules = settings(Load("pump", 1000.0, 3.0, min_on_min=60, min_off_min=120))
    plan = planned(rules, solar=0.0, buy=buy)
    text = "".join(map(str, plan.devices["pump"]))
    assert all(len(run) >= 4 for run in text.split("0") if run)
    assert all(len(pause) >= 8 for pause in text.strip("0").split("1") if pause)


def test_a_day_of_needs_of_its_own_for_each_day():
    """Two days ahead: the boiler has its energy in each of them."""
    plan = planned(settings(BOILER, horizon_h=48.0))
    assert sum(plan.devices["boiler"][:96]) == sum(plan.devices["boiler"][96:]) == 8


def test_the_first_slot_contains_now():
    """At 10:07 the plan begins at 10:00."""
    now = datetime(2026, 6, 10, 10, 7, 30, tzinfo=ZONE)
    plan = planned(settings(BOILER), now)
    assert plan.slots[0] == now.replace(minute=0, second=0)
    assert plan.slot_at(now) == 0


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 28), 12), ((2026, 10, 24), 12)])
def test_changes_of_the_clock(day, hours):
    """Slots are as long as ever, and the deadline stands on the wall."""
    now = datetime(*day, 20, 0, tzinfo=ZONE)
    plan = planned(settings(replace(BOILER, deadline=time(5)), horizon_h=hours), now, solar=0.0)
    last = max(index for index, on in enumerate(plan.devices["boiler"]) if on)
    assert plan.slots[last] + timedelta(minutes=15) <= datetime(*day, 5, 0, tzinfo=ZONE) + timedelta(days=1)
    assert hours_on(plan, "boiler") == 2


def test_a_plan_is_kept_when_another_is_hardly_better():
    """A little more sun in the afternoon moves nothing; a lot does."""
    rules = settings(BOILER)
    before = planned(rules)
    for more, moved in ((1.01, False), (0.0, True)):
        solar = [watts if t < 24 else watts * more for t, watts in enumerate(noon_sun())]
        if moved:
            solar = [0.0] * 30 + list(noon_sun())[30:]
        plan = planned(rules, MORNING + timedelta(minutes=1), solar=solar, before=before)
        assert (plan.devices != before.devices) == moved


def test_re_plans_do_not_wander():
    """Re-planned every quarter with a forecast that trembles, the boiler starts once and is served in one go."""
    rules = settings(BOILER)
    plan, starts, stored, was = None, 0, 0.0, False
    for quarter in range(40):
        now = MORNING + timedelta(minutes=15 * quarter)
        tremble = 1 + 0.03 * (-1) ** quarter
        solar = [watts * tremble for watts in noon_sun()[quarter:]] + [0.0] * quarter
        booked = Booked(
            day=MORNING.date(), stored_kwh={"boiler": stored}, on={"boiler": was}, since={"boiler": MORNING}
        )
        plan = planned(rules, now, solar=solar, before=plan, booked=booked)
        on = plan.wants("boiler", now)
        starts += on and not was
        stored, was = stored + 0.5 * on, on
    assert stored == pytest.approx(4.0)
    assert starts == 1


def test_a_plan_of_other_settings_is_not_held_on_to():
    """Another capacity: the old plan's hash differs, so it is not what the new one starts from."""
    before = planned(settings(BOILER))
    other = settings(replace(BOILER, capacity_kwh=1.0))
    assert settings_hash(other) != before.inputs.hash
    assert hours_on(planned(other, before=before), "boiler") == 0.5


def test_what_is_left_in_the_battery_has_its_worth():
    """stored_kwh_value: with a high one a commanded battery ends full."""
    solar = [0.0] * 96
    poor = settings(BOILER, battery=True, command_battery=True)
    rich = settings(BOILER, battery=True, command_battery=True, stored_kwh_value=0.5)
    assert planned(poor, solar=solar).soc_kwh[-1] == pytest.approx(0.0, abs=1e-6)
    assert planned(rich, solar=solar).soc_kwh[-1] == pytest.approx(2.7, abs=1e-6)


def test_a_commanded_battery_buys_cheap_and_covers_what_is_dear():
    """Prices by the slot: it charges at night and gives in the evening; one that follows does neither."""
    buy = [0.05] * 16 + [0.25] * 40 + [0.60] * 16 + [0.25] * 24
    light = Load("light", 100.0, 0.1)
    free, bound = (
        planned(settings(light, battery=True, command_battery=commanded), solar=0.0, buy=buy, base=800.0, soc=0.0)
        for commanded in (True, False)
    )
    assert max(free.soc_kwh[:17]) == pytest.approx(2.7)
    assert free.expected.cost < bound.expected.cost - 1
    assert "to-full" in free.battery_mode[:16]
    assert bound.battery_mode is None
    assert sum(watts for watts in free.battery_w[56:72]) / 4000 == pytest.approx(2.7)


def test_every_reason_is_used():
    """No forecast: a plan is there all the same, with the reason that says so."""
    rules = settings(BOILER)
    seen = replace(foreseen(rules), solar_w=None)
    decision, plan = decide(seen, rules, Memory(), MORNING)
    assert decision.reason is Reason.NO_READING
    assert int(decision.exit_code) == 75
    assert hours_on(plan, "boiler") == 2
    assert {Reason.PLANNED, Reason.RELAXED, Reason.NO_READING} == set(Reason)


def test_why_is_one_sentence_with_numbers():
    """Times, energy and where it comes from."""
    why = planned(settings(BOILER)).why["boiler"]
    assert "4.0 kWh" in why
    assert "sun" in why
    assert why.endswith(".")
    assert on_times(planned(settings(BOILER)), "boiler")[0] in why


def test_settings_that_contradict_themselves_are_named():
    """A slot must divide an hour; a load is there once; a horizon holds a slot."""
    wrong = Settings("sun", "p1", slot_min=7, devices=(BOILER, BOILER))
    assert {key for key, _message in wrong.problems()} == {"slot_min", "devices"}
    assert [key for key, _m in Settings("sun", "p1", slot_min=60, horizon_h=0.5).problems()] == ["horizon_h"]
