"""The envelope that no decision leaves, whatever is read and whatever is remembered."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from solarctl.control.easee_balance import Memory, Reason, decide, remember
from solarctl.decision import Carried, Outcome
from solarctl.forced import MODES, Forced
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from tests.easee_balance.house import NOW, settings

watts = st.floats(-40_000, 40_000)
amps = st.floats(-80, 80)
ago = st.integers(-60, 1800).map(lambda seconds: NOW - timedelta(seconds=seconds))
maybe_ago = st.none() | ago

chargers = st.none() | st.builds(
    ChargerReading,
    at=ago,
    charger_w=st.none() | st.floats(0, 25_000),
    limit_a=st.none() | st.floats(0, 40),
    mode=st.sampled_from(["disconnected", "waiting", "ready", "charging", "done", "error", None]),
    connected=st.none() | st.booleans(),
    online=st.booleans(),
    phases=st.none() | st.integers(1, 3),
    max_a=st.none() | st.floats(0, 80),
    voltage_v=st.none() | st.floats(0, 500),
    it_grid=st.booleans(),
    power_at=maybe_ago,
    restarted_at=maybe_ago,
    can_switch_phases=st.booleans(),
    energy_kwh=st.none() | st.floats(0, 100),
)
grids = st.none() | st.builds(
    GridReading, at=ago, grid_w=watts, phases_a=st.none() | st.tuples(amps, amps, amps) | st.tuples(amps)
)
batteries = st.none() | st.builds(
    BatteryReading, at=ago, soc_pct=st.none() | st.floats(0, 100), battery_w=st.none() | watts
)
rules = st.builds(
    settings,
    mode=st.sampled_from(MODES),
    policy=st.sampled_from(["battery-first until 80", "car-first from 40", "share"]),
    strategy=st.sampled_from(["budget", "seed"]),
    min_a=st.integers(6, 8),
    max_a=st.integers(8, 32),
    fuse_a=st.floats(32, 63),
    phase_switching=st.booleans(),
    grid_allowance_w=st.floats(0, 3000),
    enable_delay_min=st.sampled_from([0, 1, 5]),
    disable_delay_min=st.sampled_from([0, 3]),
)
memories = st.builds(
    Memory,
    target_a=st.sampled_from([0, 6, 10, 16]),
    changed_at=maybe_ago,
    drew_w=st.none() | st.floats(0, 22_000),
    ends_at=maybe_ago,
    enough_since=maybe_ago,
    gap_min=st.floats(0, 10),
    gap_at=maybe_ago,
    phases=st.none() | st.integers(1, 3),
    battery_takes_w=st.none() | st.floats(0, 10_000),
)
orders = st.none() | st.builds(
    Forced, st.just("car"), st.just(NOW + timedelta(hours=1)), st.none() | st.floats(0, 30_000),
    st.none() | st.sampled_from(MODES),
)  # fmt: skip


@hypothesis_settings(max_examples=400, deadline=None)
@given(charger=chargers, grid=grids, battery=batteries, rule=rules, memory=memories, forced=orders)
def test_no_decision_leaves_the_envelope(charger, grid, battery, rule, memory, forced):
    """Never above fuse, circuit, cable or charger; never between 0 and min_a; never without a time to live."""
    decision = decide(charger, grid, battery, rule, memory, NOW, forced=forced)
    assert decision.reason in Reason
    assert decision.because.endswith(".")
    assert len(decision.actions) <= 1
    for action in decision.actions:
        assert charger is not None
        assert charger.online
        assert action.ttl_min == rule.ttl_min > 0
        assert action.to == 0 or action.to >= rule.min_a >= 6
        assert action.to <= min(rule.max_a, rule.fuse_a)
        assert charger.max_a is None or action.to <= charger.max_a
        assert isinstance(action.to, int)
    if decision.reason in (Reason.NO_READING, Reason.NO_CAR):
        assert not decision.actions
    after = remember(decision.memory, [Carried(a, Outcome.DONE, NOW) for a in decision.actions])
    assert after.target_a in {memory.target_a, 0, *(a.to for a in decision.actions)}


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    house_a=st.tuples(*[st.floats(-20, 60)] * 3),
    car_a=st.sampled_from([0, 6, 10, 16]),
    phases=st.integers(1, 3),
    mode=st.sampled_from(["surplus", "min+surplus", "now"]),
)
def test_car_and_house_together_stay_below_the_main_fuse(house_a, car_a, phases, mode):
    """On every phase, the house's current and the car's new one fit the fuse, whatever phases the car uses."""
    rule = settings(mode=mode, battery="", enable_delay_min=0)
    on_phase = [amps + (car_a if index < phases else 0) for index, amps in enumerate(house_a)]
    charger = ChargerReading(
        at=NOW, charger_w=car_a * 230.0 * phases, limit_a=car_a, mode="charging" if car_a else "waiting",
        connected=True, phases=phases, max_a=32, voltage_v=230.0, power_at=NOW,
    )  # fmt: skip
    grid = GridReading(at=NOW, grid_w=sum(on_phase) * 230, phases_a=tuple(on_phase))
    decision = decide(charger, grid, None, rule, Memory(target_a=car_a, ends_at=NOW), NOW)
    new_a = decision.actions[0].to
    assert new_a == 0 or all(amps + new_a <= rule.fuse_a + 1e-6 for amps in house_a[:phases])


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    surplus_w=st.floats(-3000, 15_000),
    before_a=st.sampled_from([0, 6, 8, 12, 16]),
    after_a=st.sampled_from([6, 8, 12, 16]),
    seconds=st.integers(1, 300),
    meter_follows=st.booleans(),
    told=st.sampled_from(["before", "after"]),
)
def test_stale_readings_never_count_the_car_twice(surplus_w, before_a, after_a, seconds, meter_follows, told):
    """Whatever of car and meter is from before our write, the limit never exceeds both surplus and present limit."""
    changed_at = NOW - timedelta(seconds=seconds)
    drew_w, draws_w = before_a * 690.0, after_a * 690.0
    lagging = timedelta(seconds=20)
    meter_at = NOW if meter_follows else changed_at - timedelta(seconds=1)
    seen_w = draws_w if meter_follows and seconds >= 20 else drew_w
    power_at = NOW if told == "after" and seconds >= 20 else changed_at - lagging
    charger = ChargerReading(
        at=NOW, charger_w=draws_w if power_at == NOW else drew_w, limit_a=after_a, mode="charging", connected=True,
        phases=3, max_a=16, voltage_v=230.0, power_at=power_at,
    )  # fmt: skip
    memory = Memory(target_a=after_a, changed_at=changed_at, drew_w=drew_w, ends_at=changed_at + timedelta(minutes=3))
    grid = GridReading(at=meter_at, grid_w=seen_w - surplus_w)
    decision = decide(charger, grid, None, settings(battery=""), memory, NOW)
    if decision.actions:
        assert decision.actions[0].to <= max(after_a, 6, surplus_w / 690 + 1e-6)
