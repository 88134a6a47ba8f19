"""The safety envelope of `balance`: what no sequence of readings, silences and wishes can bring it to."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.balance import LoadSettings, Why
from tests.balance.house import HEATER, Bench

RELAY = LoadSettings("radiator", power_w=600, min_on_s=30, min_off_s=45, starts_per_day=3, on_delay_s=2)
POWERS = st.one_of(st.floats(0, 6000), st.just(0.0), st.floats(0, 1e6))
EVENTS = st.lists(
    st.tuples(
        st.floats(0.2, 20),  # seconds until then
        POWERS,  # sun
        POWERS,  # the house itself
        st.sampled_from(["", "", "", "silence", "force heater", "force radiator", "force off", "unforce"]),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(events=EVENTS, policy=st.sampled_from(["fill", "strict"]))
def test_envelope(events, policy):
    """Limits, silence, shortest times, starts a day and forced power hold whatever happens."""
    bench = Bench(HEATER, RELAY, policy=policy)
    forced = {}
    last_fresh = None
    switched, starts = bench.now, 0
    was_on, was_forced = False, False
    for seconds, solar_w, base_w, event in events:
        bench.solar_w, bench.base_w, bench.silent = solar_w, base_w, event == "silence"
        if event.startswith("force "):
            name = "heater" if event == "force off" else event.split()[1]
            forced[name] = 0.0 if event == "force off" else None
            bench.force(name, forced[name])
        elif event == "unforce":
            for name in list(forced):
                bench.unforce(name)
            forced.clear()
        bench.tick(seconds)
        if not bench.silent:
            last_fresh = bench.now
        silent_s = 1e9 if last_fresh is None else (bench.now - last_fresh).total_seconds()
        heater, radiator = (bench.memory.loads[name] for name in ("heater", "radiator"))

        assert 0 <= heater.set_w <= 2400
        assert heater.set_w == 0 or heater.set_w >= 100
        if silent_s > bench.settings.stale_after_s:
            assert all(
                bench.memory.loads[n].set_w == 0 and not bench.on(n) for n in ("heater", "radiator") if n not in forced
            )
        if "heater" in forced:
            assert heater.set_w == (2400 if forced["heater"] is None else 0)
        if "radiator" in forced:
            assert radiator.on
        if event == "" and "heater" not in forced and heater.set_w:
            trend_w = bench.memory.house.solar_slope * 8
            most_w = max(0.0, bench.memory.house.solar_w + max(0.0, trend_w) - bench.memory.house.base_w)
            assert heater.set_w <= most_w + 1, "never more than there is"
        if radiator.on is not was_on:
            rested_s = (bench.now - switched).total_seconds()
            free = "radiator" in forced or was_forced or silent_s > bench.settings.stale_after_s
            if was_on and not free:
                assert rested_s >= RELAY.min_on_s
            if radiator.on and not free:
                starts += 1
                assert starts <= RELAY.starts_per_day
            switched = bench.now
        was_on, was_forced = radiator.on, "radiator" in forced


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.floats(-8000, 8000), st.floats(-8000, 8000), st.floats(-8000, 8000)), min_size=1, max_size=15
    ),
    forced=st.booleans(),
)
def test_no_phase_is_overloaded(rows, forced):
    """With a fuse per phase, what is told never brings the phase's import above it."""
    from datetime import timedelta

    from solarctl.control.balance import Load, Manual, Memory, Meters, Sample, Settings, decide
    from tests.balance.house import NOON, STEPS

    heater = replace(HEATER, phase=1)
    house = Settings(grid="p1", loads=(heater,), phase_limit_w=3000)
    load = Load(heater, STEPS, manual=Manual(None) if forced else None)
    memory, told = Memory(), 0.0
    for index, row in enumerate(rows):
        now = NOON + timedelta(seconds=5 * (index + 1))
        phases = (row[0] + told, *row[1:])
        meters = Meters(grid=Sample(sum(phases), now.timestamp()), phases_w=phases)
        memory = decide(meters, [load], house, memory, now).memory
        told = memory.loads["heater"].set_w
        assert told == 0 or memory.phases[0].base_w + told <= 3000 + 1
        assert memory.loads["heater"].reason in set(Why)
