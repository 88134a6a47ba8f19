"""What no decision of peak-mode may ever do, whatever it is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.control.peak_mode import Memory, Settings, decide, remember
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.control.tariff import Tariff, Window
from solarctl.decision import Carried, Outcome, SetReserve
from solarctl.readings import ReserveReading

percent = st.integers(0, 100).map(float)
maybe = st.sampled_from([True, False, None])
START = datetime(2026, 3, 7, tzinfo=UTC)


@st.composite
def rules(draw: st.DrawFn) -> Settings:
    low, high = sorted((draw(percent), draw(percent)))
    return Settings(
        battery="powerwall",
        strategy=draw(st.sampled_from(["reserve", "mode"])),
        peak_reserve_pct=low,
        offpeak_reserve_pct=high,
        floor_pct=draw(percent),
        lead_min=draw(st.integers(0, 60)),
        settle_min=draw(st.integers(0, 20)),
    )


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[datetime, ReserveReading | None, Outcome]]:
    now, told = START, []
    for _ in range(draw(st.integers(1, 8))):
        now += timedelta(minutes=draw(st.integers(1, 600)))
        said = ReserveReading(
            at=now - timedelta(minutes=draw(st.integers(0, 90))),
            reserve_pct=draw(st.none() | percent),
            mode=draw(st.sampled_from(["self_consumption", "backup", "autonomous", None])),
            soc_pct=draw(st.none() | percent),
            storm=draw(maybe),
            off_grid=draw(maybe),
            outage=draw(maybe),
        )
        outcome = draw(st.sampled_from([Outcome.DONE, Outcome.PENDING, Outcome.FAILED]))
        told.append((now, draw(st.none() | st.just(said)), outcome))
    return told


@settings(max_examples=150, deadline=None)
@given(rules(), stories(), st.sampled_from(["America/Los_Angeles", "America/Phoenix", "Europe/Amsterdam"]))
def test_envelope(rule: Settings, story: list[tuple[datetime, ReserveReading | None, Outcome]], zone: str) -> None:
    """Never below the floor, never a reserve that cannot be set, never a change in a storm, an outage or the dark."""
    windows = (Window(from_=time(14), to=time(20), days="mon-fri"), Window(from_=time(1, 30), to=time(2, 30)))
    tariff = Tariff(TariffSettings(windows=windows), ZoneInfo(zone))
    memory = Memory()
    for now, said, outcome in story:
        decision = decide(said, tariff, rule, memory, now)
        for action in decision.actions:
            assert said is not None
            differs = action.to not in (said.reserve_pct, said.mode)
            if differs and not (isinstance(action, SetReserve) and action.to >= (said.reserve_pct or 0)):
                assert said.is_fresh(now, rule.max_age_min)
                assert not said.storm
                assert not said.off_grid
                assert not said.outage
            if isinstance(action, SetReserve):
                assert min(rule.floor_pct, 100) <= action.to <= 100
                assert action.to <= 80 or action.to == 100
        assert decision.memory is not None
        memory = remember(decision.memory, [Carried(action, outcome, now) for action in decision.actions])
