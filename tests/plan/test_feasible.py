"""The check of a plan finds what is wrong with it, and nothing where all is well: each limit from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from solarctl.control.plan_feasible import faults
from solarctl.control.plan_settings import Load, Settings, day_of
from solarctl.control.plan_tasks import slots_from, work
from solarctl.control.plan_words import Booked, Bound, Expected, Inputs, Plan
from tests.plan.houses import MORNING

PUMP = Load("pump", 1000.0, 1.0, min_on_min=30, min_off_min=30)  # four slots
TOY = Load("toy", 400.0, 0.3, daily_need=False, min_on_min=0, min_off_min=0)  # three slots
COUNT = 12  # quarters of an hour from 06:00
NOTHING = Booked()


def rules(*loads: Load, battery: bool = False, **other) -> Settings:
    return Settings("sun", "p1", battery="battery" if battery else "", devices=loads, horizon_h=3.0, **other)


def row(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.ljust(COUNT, "0")))


def made(
    house: Settings, rows: dict[str, str], *, sun=0.0, base=200.0, soc=None, booked=NOTHING, battery_w=None
) -> Plan:
    """Return a plan whose sums are right; the battery follows the meter unless `battery_w` says what it does."""
    slots = slots_from(MORNING, house)
    to_do = work(house, slots, MORNING, booked)
    suns = tuple(sun) if isinstance(sun, list) else (sun,) * COUNT
    devices = {load.device: row(rows.get(load.device, "")) for load in house.devices}
    charge, charges, given, grid = soc or 0.0, [soc or 0.0], [], []
    for t in range(COUNT):
        need = base - suns[t] + sum(load.power_w for load in house.devices if devices[load.device][t])
        power = 0.0
        if house.battery and need > 0:
            power = min(need, house.battery_max_w, charge * 4000)
        elif house.battery:
            power = -min(-need, house.battery_max_w, (house.battery_capacity_kwh - charge) * 4000)
        if battery_w is not None:
            power = battery_w[t]
        charge -= power / 4000
        charges.append(charge)
        given.append(power)
        grid.append((need - power) / 4000)
    unmet = dict(to_do.late)
    for task in to_do.tasks:
        load = to_do.loads[task.load]
        if load.daily_need:
            missing = task.wanted_kwh - sum(devices[load.device][task.first : task.last]) * task.kwh
            unmet[load.device] = unmet.get(load.device, 0.0) + max(0.0, missing)
    cost = sum(kwh * (0.25 if kwh > 0 else 0.05) for kwh in grid) - house.stored_kwh_value * charges[-1] * bool(
        house.battery
    )
    return Plan(
        MORNING,
        slots,
        15,
        Inputs("", suns, (base,) * COUNT, (0.25,) * COUNT, (0.05,) * COUNT),
        devices,
        tuple(given) if house.battery else None,
        Expected(0.0, 0.0, cost, {load.device: unmet.get(load.device, 0.0) for load in house.devices}),
        Bound(cost, 0.0),
        {},
        soc_kwh=tuple(charges) if house.battery else None,
        powers_w={load.device: load.power_w for load in house.devices},
    )


def found(house: Settings, plan: Plan, *, soc=None, booked=NOTHING) -> list[str]:
    return faults(plan, house, work(house, plan.slots, MORNING, booked), soc)


def switched(on: bool, minutes: float) -> Booked:
    """The pump is on (off) since so many minutes."""
    return Booked(
        day=day_of(MORNING, rules().day_start),
        on={"pump": on},
        since={"pump": MORNING - timedelta(minutes=minutes)},
    )


@pytest.mark.parametrize(
    ("slots", "booked", "sentence"),
    [
        ("1111", Booked(), None),
        ("0011001100", Booked(), None),  # the shortest run and the shortest pause
        ("001000111", Booked(), "pump runs for 15 min only"),
        ("00110110", Booked(), "pump pauses for 15 min only"),
        ("011001100", Booked(), None),  # off for long: what is before the first run is no pause
        ("000000000111", Booked(), None),
        ("000000001101", Booked(), "pump runs for 15 min only"),  # at the end as well
        ("100000111000", switched(True, 60), None),  # carried on, then off
        ("100000111000", Booked(), "pump runs for 15 min only"),
        ("011110000000", switched(True, 60), "pump pauses for 15 min only"),
        ("001111000000", switched(True, 60), None),
        ("110001100000", switched(True, 10), None),  # 20 minutes to go: two slots
        ("100011100000", switched(True, 10), "pump changes too early"),
        ("111100000000", switched(False, 10), "pump changes too early"),
        ("001111000000", switched(False, 10), None),
    ],
)
def test_runs_and_pauses(slots, booked, sentence):
    """No run and no pause is shorter than it may be, the present position included."""
    house = rules(PUMP)
    wrong = found(house, made(house, {"pump": slots}, booked=booked), booked=booked)
    assert wrong == [] if sentence is None else sentence in wrong


@pytest.mark.parametrize(
    ("slots", "sentence"),
    [("1111", None), ("111", None), ("11111", "pump gets 1 slots too many"), ("111111", "pump gets 2 slots too many")],
)
def test_nobody_gets_more_than_it_takes(slots, sentence):
    """Four slots fill the pump; less is a need unmet, and named."""
    house = rules(PUMP)
    wrong = found(house, made(house, {"pump": slots}))
    assert wrong == [] if sentence is None else sentence in wrong


def test_the_shortest_run_may_be_more_than_is_missing():
    """A quarter of an hour's energy is missing, and the pump never runs less than half an hour."""
    house = rules(replace(PUMP, capacity_kwh=0.2))
    assert found(house, made(house, {"pump": "11"})) == []
    assert "pump gets 2 slots too many" in found(house, made(house, {"pump": "111"}))


@pytest.mark.parametrize(
    ("named_kwh", "wrong"), [(0.5, False), (0.501, False), (0.504, True), (0.4, True), (0.0, True)]
)
def test_what_a_need_lacks_is_named(named_kwh, wrong):
    """Half of it is planned: the other half is to be named, to two watt-hours."""
    house = rules(PUMP)
    plan = made(house, {"pump": "11"})
    plan = replace(plan, expected=replace(plan.expected, unmet_kwh={"pump": named_kwh}))
    assert any("pump lacks 0.50 kWh" in one for one in found(house, plan)) is wrong


def test_nothing_runs_after_its_deadline():
    """Ready by 07:30: what runs after that is no use."""
    house = rules(replace(PUMP, deadline=(MORNING + timedelta(minutes=90)).time()))
    assert found(house, made(house, {"pump": "001111"})) == []
    assert "pump runs outside the time it may" in found(house, made(house, {"pump": "00001111"}))


SLOWLY = [0.0] * COUNT


@pytest.mark.parametrize(
    ("battery_w", "sentence"),
    [
        (None, None),
        ([200.0] * 8 + SLOWLY[8:], None),  # 0.4 kWh: then it is empty
        ([0.0] + [200.0] * 8 + SLOWLY[9:], "the battery holds back in slot 0"),
        ([200.0] * 9 + SLOWLY[9:], "the battery holds -0.05 kWh after slot 8"),
        ([300.0] + [200.0] * 7 + SLOWLY[8:], "the battery does not follow the meter in slot 0"),
        ([-100.0] + [200.0] * 8 + SLOWLY[9:], "the battery does not follow the meter in slot 0"),
        ([900.0, -700.0] + [200.0] * 7 + SLOWLY[9:], "the battery does 900 W in slot 0"),
    ],
)
def test_a_battery_that_follows(battery_w, sentence):
    """It covers what the house draws until it is empty: no more, no less, and never beyond its power."""
    house = rules(PUMP, battery=True)
    wrong = found(house, made(house, {}, soc=0.4, battery_w=battery_w), soc=0.4)
    assert wrong == [] if sentence is None else sentence in wrong


@pytest.mark.parametrize(
    ("battery_w", "sentence"),
    [
        (None, None),
        ([-800.0] * 3 + SLOWLY[3:], None),
        ([-800.0] * 4 + SLOWLY[4:], "the battery holds 2.90 kWh after slot 3"),
        ([-800.0] * 2 + SLOWLY[2:], "the battery holds back in slot 2"),
        ([-900.0] * 2 + [-600.0] + SLOWLY[3:], "the battery does -900 W in slot 0"),
    ],
)
def test_a_battery_that_is_filled(battery_w, sentence):
    """Beside 1000 W of surplus it takes 800 W until it is full."""
    house = rules(PUMP, battery=True)
    wrong = found(house, made(house, {}, sun=1200.0, soc=2.1, battery_w=battery_w), soc=2.1)
    assert wrong == [] if sentence is None else sentence in wrong


def test_a_battery_that_is_commanded_may_wait_but_not_hold_more_than_there_is():
    """Holding back is what it is told; its power and its cells are what they are, losses counted."""
    house = rules(PUMP, battery=True, command_battery=True, battery_efficiency_pct=90.0)
    assert found(house, made(house, {}, soc=0.4, battery_w=SLOWLY), soc=0.4) == []
    charged = made(house, {}, soc=2.6, battery_w=[-400.0, *SLOWLY[1:]])
    assert found(house, replace(charged, soc_kwh=(2.6, *[2.69] * COUNT)), soc=2.6) == []
    twice = made(house, {}, soc=2.6, battery_w=[-400.0, -400.0, *SLOWLY[2:]])
    assert "the battery holds 2.78 kWh after slot 1" in found(house, twice, soc=2.6)


def test_the_grid_is_not_overloaded_by_what_may_wait():
    """1200 W are bought at most: beside 200 W the pump may run, beside 300 W it may not; what is bound to run does."""
    house = rules(PUMP, grid_limit_w=1200.0)
    assert found(house, made(house, {"pump": "1111"})) == []
    assert "1300 W would be bought in slot 0, more than 1200 W" in found(
        house, made(house, {"pump": "1111"}, base=300.0)
    )
    assert found(house, made(house, {}, base=1500.0)) == []
    bound = switched(True, 20)
    assert found(house, made(house, {"pump": "1"}, base=300.0, booked=bound), booked=bound) == []


@pytest.mark.parametrize(("sun", "right"), [(600.0, True), (599.8, True), (599.0, False), (0.0, False)])
def test_what_lives_on_surplus_runs_on_it(sun, right):
    """The toy draws 400 W beside the house's 200 W: it needs 600 W of sun."""
    house = rules(TOY)
    wrong = found(house, made(house, {"toy": "00010"}, sun=sun))
    assert wrong == ([] if right else ["toy would not run on surplus in slot 3"])


@pytest.mark.parametrize(("soc", "right"), [(1.35, True), (1.36, True), (1.34, False)])
def test_the_battery_gets_its_part_first(soc, right):
    """Half of 2.7 kWh has to be stored before the toy runs."""
    house = rules(replace(TOY, min_battery_pct=50), battery=True)
    wrong = found(house, made(house, {"toy": "1"}, sun=600.0, soc=soc), soc=soc)
    assert wrong == ([] if right else [f"toy is on in slot 0 with {soc:.2f} of 1.35 kWh in the battery"])
    later = made(house, {"toy": "01"}, sun=[1000.0, *[600.0] * 11], soc=1.16)
    assert found(house, later, soc=1.16) == [], "the first quarter of an hour puts 0.2 kWh in"
    empty = made(house, {"toy": "01"}, sun=[1000.0, *[600.0] * 11], soc=1.0)
    assert "toy is on in slot 1 with 1.20 of 1.35 kWh in the battery" in found(house, empty, soc=1.0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"made_at": MORNING - timedelta(minutes=1)}, "the first slot does not contain the moment of the plan"),
        ({"made_at": MORNING + timedelta(minutes=15)}, "the first slot does not contain the moment of the plan"),
        ({"made_at": MORNING + timedelta(minutes=14)}, None),
        ({"devices": {"pump": row("1112")}}, "a load is neither on nor off"),
        ({"bound": Bound(10.0, 0.0)}, "the plan costs less than any plan can"),
    ],
)
def test_a_plan_is_whole(changes, sentence):
    """Slots, rows and sums belong together."""
    house = rules(PUMP)
    plan = replace(made(house, {"pump": "1111"}), **changes)
    wrong = found(house, plan)
    assert wrong == [] if sentence is None else sentence in wrong


def test_rows_are_as_long_as_the_plan():
    """A price too few is noticed."""
    house = rules(PUMP)
    plan = made(house, {"pump": "1111"})
    short = replace(plan, inputs=replace(plan.inputs, import_price=plan.inputs.import_price[1:]))
    assert "a row has not as many slots as the plan" in found(house, short)


def test_slots_follow_each_other():
    """A slot that is missing is noticed."""
    house = rules(PUMP)
    plan = made(house, {"pump": "1111"})
    torn = replace(plan, slots=(*plan.slots[:5], *(one + timedelta(minutes=15) for one in plan.slots[5:])))
    assert any("does not begin where it ends" in one for one in found(house, torn))


@pytest.mark.parametrize(("more", "right"), [(0.0, True), (0.001, True), (0.01, False), (-0.01, False)])
def test_the_sum_is_what_the_slots_come_to(more, right):
    """What a plan says it costs is what its slots cost, what is stored at the end counted."""
    house = rules(PUMP, battery=True, stored_kwh_value=0.1)
    plan = made(house, {"pump": "000000001111"}, soc=2.0)
    assert plan.soc_kwh[-2] > plan.soc_kwh[-1]
    cost = plan.expected.cost + more
    plan = replace(plan, expected=replace(plan.expected, cost=cost), bound=Bound(cost - 0.1, 0.1))
    assert any("the plan costs" in one for one in found(house, plan, soc=2.0)) is not right
