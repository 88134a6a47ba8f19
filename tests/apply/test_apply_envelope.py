"""Whatever happens: minimum times, the grid limit, and never a start for the sun on a meter that is silent."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apply.house import BIKE, BOILER, Days

EVENTS = st.lists(
    st.tuples(
        st.integers(1, 12),  # minutes
        st.sampled_from([-2500, -300, 0, 250, 700, 2400, 5000]),  # sun
        st.sampled_from(["", "p1", "boiler", "bike", "stale"]),  # silent
        st.sampled_from(["", "boiler", "bike"]),  # full
        st.booleans(),  # planned
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.booleans())
def test_minimum_times_hold(events, has_plan):
    """Nobody presses buttons and there is no grid limit: every position lasts its minimum time."""
    days = Days(BOILER, BIKE)
    play(days, events, has_plan)
    last: dict[str, tuple[object, bool]] = {}
    for at, name, to in days.moves:
        if name in last:
            before, _ = last[name]
            assert at - before >= timedelta(minutes=14, seconds=55), (name, days.moves)
        last[name] = (at, to)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.booleans())
def test_the_grid_limit_holds(events, has_plan):
    """After each run with a meter that is heard, our loads are not what exceeds the limit."""
    days = Days(BOILER, BIKE, grid_limit_w=2300)

    def check() -> None:
        ours = sum(map(days.power_w, days.on))
        heard = not days.silent and not days.meter_age_s
        assert not heard or days.grid_w <= 2300 or ours == 0, (days.grid_w, days.on)

    play(days, events, has_plan, check)


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_blind_it_never_starts_for_the_sun(events):
    """Without plan and meter nothing starts but what a deadline makes start."""
    days = Days(BOILER, BIKE)
    before: list[int] = []

    def check() -> None:
        blind = "p1" in days.silent or bool(days.meter_age_s)
        if blind:
            starts = [name for at, name, to in days.moves[sum(before) :] if to]
            assert "bike" not in starts
        before.append(len(days.moves) - sum(before))

    play(days, events, False, check)


def play(days, events, has_plan, check=lambda: None):
    """Live through the events, a run each minute."""
    for minutes, sun_w, silent, full, planned in events:
        days.sun_w = sun_w
        days.silent = {silent} - {"", "stale"}
        days.meter_age_s = 300 if silent == "stale" else 0
        days.hungry = {name: name != full for name in days.on}
        if has_plan:
            days.follow({"boiler": [int(planned)] * 8, "bike": [int(not planned)] * 8}, 2600.0 if planned else 0.0)
        for _ in range(minutes):
            days.run()
            check()
            days.pass_()
