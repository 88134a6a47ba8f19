"""The rule of peak-mode: a table for what it wants, timelines for what it remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.peak_mode import Memory, Reason, Settings, changes, decide, given_back, remember
from solarctl.control.peak_phase import writable
from solarctl.control.tariff import Holidays, Tariff, Window
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.decision import Action, Carried, Decision, Outcome, SetMode, SetReserve
from solarctl.errors import Exit
from solarctl.holiday_dates import compute
from solarctl.readings import ReserveReading

PHOENIX = ZoneInfo("America/Phoenix")
SUMMER = Window(from_=time(14), to=time(20), months=(5, 6, 7, 8, 9, 10), days="mon-fri")
MORNING = Window(from_=time(5), to=time(9), months=(11, 12, 1, 2, 3, 4), days="mon-fri")
EVENING = Window(from_=time(17), to=time(21), months=(11, 12, 1, 2, 3, 4), days="mon-fri")
PRICES = TariffSettings(holidays=Holidays(country="US"), windows=(SUMMER, MORNING, EVENING))
TARIFF = Tariff(PRICES, PHOENIX, compute(PRICES, range(2020, 2030)))
RESERVE = Settings(battery="powerwall")
MODE = Settings(battery="powerwall", strategy="mode")

PEAK, NIGHT = "2026-07-15T15:00", "2026-07-15T21:00"


def at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=PHOENIX)


def reading(now: datetime, reserve: float | None = 100.0, **more: Any) -> ReserveReading:
    return ReserveReading(**({"at": now, "reserve_pct": reserve, "mode": "self_consumption"} | more))


CALM = {"storm": False, "off_grid": False, "outage": False, "soc_pct": 80.0}
TABLE = [  # when, what the battery says, settings, reason, targets
    # the worked examples of a Phoenix tariff
    ("2026-07-15T13:55:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-07-15T13:50:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-07-15T13:49:59", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-07-15T20:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-07-18T15:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-07-03T15:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-12-24T18:00:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-12-25T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-01-05T04:55:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-01-05T12:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-11-02T14:30:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-10-30T14:30:00", {}, RESERVE, Reason.PEAK, [0.0]),
    ("2026-01-06T04:55:00+00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2021-12-31T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2027-12-24T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2027-12-31T18:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-05-01T06:00:00", {"reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    ("2026-04-30T06:00:00", {}, RESERVE, Reason.PEAK, [0.0]),
    # what is so already is still named
    (PEAK, {"reserve": 0.0}, RESERVE, Reason.PEAK, [0.0]),
    (NIGHT, {"reserve": 100.0}, RESERVE, Reason.OFF_PEAK, [100.0]),
    # levels, floor, and what a Powerwall does not take
    (PEAK, {}, replace(RESERVE, peak_reserve_pct=20), Reason.PEAK, [20.0]),
    (PEAK, {}, replace(RESERVE, floor_pct=15), Reason.PEAK, [15.0]),
    (NIGHT, {"reserve": 0.0}, replace(RESERVE, offpeak_reserve_pct=85), Reason.OFF_PEAK, [80.0]),
    (NIGHT, {"reserve": 0.0}, replace(RESERVE, offpeak_reserve_pct=95), Reason.OFF_PEAK, [100.0]),
    (PEAK, {"reserve": 20.0}, replace(RESERVE, floor_pct=85), Reason.PEAK, [100.0]),
    # the other strategy
    (PEAK, {"mode": "backup"}, MODE, Reason.PEAK, ["self_consumption"]),
    (NIGHT, {}, MODE, Reason.OFF_PEAK, ["backup"]),
    (NIGHT, {"reserve": 5.0}, replace(MODE, floor_pct=20), Reason.OFF_PEAK, ["backup", 20.0]),
    (PEAK, {"mode": None}, MODE, Reason.NO_READING, []),
    # what forbids a change
    (PEAK, {**CALM, "storm": True}, RESERVE, Reason.STORM, []),
    (NIGHT, {**CALM, "reserve": 0.0, "storm": True}, RESERVE, Reason.STORM, []),
    (PEAK, {**CALM, "off_grid": True}, RESERVE, Reason.OFF_GRID, []),
    (PEAK, {**CALM, "outage": True}, RESERVE, Reason.OFF_GRID, []),
    (NIGHT, {**CALM, "reserve": 0.0, "outage": True}, RESERVE, Reason.OFF_GRID, []),
    (PEAK, CALM, RESERVE, Reason.PEAK, [0.0]),
    (PEAK, {**CALM, "soc_pct": None}, RESERVE, Reason.NO_READING, []),  # a glitch must not let it drain
    (NIGHT, {**CALM, "soc_pct": None, "reserve": 0.0}, RESERVE, Reason.OFF_PEAK, [100.0]),  # filling is safe
    (PEAK, {**CALM, "soc_pct": None, "mode": "backup"}, MODE, Reason.NO_READING, []),
    (PEAK, {"reserve": None}, RESERVE, Reason.NO_READING, []),
]


@pytest.mark.parametrize(("when", "said", "settings", "reason", "targets"), TABLE)
def test_what_it_wants(when: str, said: dict[str, Any], settings: Settings, reason: Reason, targets: list[Any]) -> None:
    """Each moment and state has its reason and its targets."""
    now = at(when)
    decision = decide(reading(now, **said), TARIFF, settings, Memory(), now)
    assert (decision.reason, [action.to for action in decision.actions]) == (reason, targets)
    assert decision.because.endswith((".", ".)"))
    assert decision.exit_code == (Exit.TRY_AGAIN if reason is Reason.NO_READING else Exit.OK)


def test_silence() -> None:
    """Without a reading, or with old news, nothing is wanted and the next run tries again."""
    for silent in (None, reading(at(PEAK) - timedelta(minutes=61), **CALM)):
        decision = decide(silent, TARIFF, RESERVE, Memory(), at(PEAK))
        assert (decision.reason, decision.exit_code) == (Reason.NO_READING, Exit.TRY_AGAIN)
        assert not decision.actions


def test_the_tables_use_every_reason() -> None:
    """No reason is left untested; `manual` has its timelines below."""
    assert {row[3] for row in TABLE} | {Reason.MANUAL} == set(Reason)


def test_a_level_that_cannot_be_set_is_explained() -> None:
    """Who asks for 85 % is told why it is 80."""
    settings = replace(RESERVE, offpeak_reserve_pct=85)
    because = decide(reading(at(NIGHT), 0.0), TARIFF, settings, Memory(), at(NIGHT)).because
    assert "85 %" in because
    assert "0–80 % or 100 %" in because
    assert [writable(level, 0) for level in (0, 80, 81, 90, 91, 99, 100)] == [0, 80, 80, 80, 100, 100, 100]


class House:
    """A battery on a timeline: what it is set to, how it takes a change, and what the rule remembers."""

    def __init__(self, settings: Settings = RESERVE, reserve: float = 40.0, mode: str = "self_consumption") -> None:
        self.settings = settings
        self.reserve, self.mode = reserve, mode
        self.takes = Outcome.DONE
        self.memory = Memory()
        self.writes: list[Any] = []
        self.last: Decision[Memory] | None = None

    def run(self, when: str, **conditions: Any) -> str:
        """Let the rule run once, as the command does, and return its reason and what became of its actions."""
        now = at(when)
        said = reading(now, self.reserve, mode=self.mode, **conditions)
        decision = decide(said, TARIFF, self.settings, self.memory, now)
        carried = [Carried(action, self._carry_out(action), now) for action in decision.actions]
        assert decision.memory is not None
        self.memory = remember(decision.memory, carried)
        self.last = decision
        return " ".join([decision.reason, *(one.outcome for one in carried)])

    def _carry_out(self, action: Action) -> Outcome:
        assert isinstance(action, SetReserve | SetMode)
        if action.to in (self.reserve, self.mode):
            return Outcome.UNCHANGED
        if action.sent:
            return Outcome.PENDING
        self.writes.append(action.to)
        if self.takes is Outcome.DONE:
            self.set(action.to)
        elif action.overdue:
            return Outcome.FAILED
        return self.takes

    def set(self, value: Any) -> None:
        """Somebody sets it, or the change arrives at last."""
        if isinstance(value, str):
            self.mode = value
        else:
            self.reserve = value


def test_a_day() -> None:
    """It is written at the edges only, whatever the cron line."""
    house = House()
    days = [f"2026-07-15T{hour:02}:{minute:02}" for hour in range(12, 24) for minute in range(0, 60, 5)]
    for when in days:
        house.run(when)
    assert house.writes == [100.0, 0.0, 100.0]


def test_a_missed_run_heals_itself() -> None:
    """Whoever comes after the edge, however late, puts it right."""
    house = House(reserve=100.0)
    house.run("2026-07-15T13:00")
    assert house.run("2026-07-15T16:40") == "peak done"
    assert house.run("2026-07-16T09:00") == "off-peak done"
    assert house.writes == [0.0, 100.0]


def test_a_person_s_choice_lasts_until_the_next_edge() -> None:
    """Between edges a reserve set in the app stays; the next edge is ours again."""
    house = House(reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(55.0)
    assert house.run("2026-07-15T14:05") == "manual"
    assert house.run("2026-07-15T19:59") == "manual"
    assert house.run("2026-07-15T20:00") == "off-peak done"
    house.set(30.0)
    assert house.run("2026-07-16T08:00") == "manual"
    assert house.run("2026-07-16T13:50") == "peak done"
    assert house.writes == [0.0, 100.0, 0.0]


def test_a_person_who_returns_to_ours() -> None:
    """Set back to what we wanted, it is no longer manual, and a second change is respected again."""
    house = House(reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(55.0)
    house.run("2026-07-15T14:05")
    house.set(0.0)
    assert house.run("2026-07-15T14:10") == "peak unchanged"
    house.set(10.0)
    assert house.run("2026-07-15T14:15") == "manual"


def test_a_person_s_choice_below_the_floor() -> None:
    """The floor is for outages: even a person's choice is raised to it, and stays theirs otherwise."""
    house = House(replace(RESERVE, floor_pct=20), reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(5.0)
    assert house.run("2026-07-15T14:05") == "manual done"
    assert house.reserve == 20.0
    house = House(replace(RESERVE, floor_pct=20, peak_reserve_pct=50), reserve=100.0)
    house.run("2026-07-15T14:00")
    house.set(5.0)
    house.run("2026-07-15T14:05")
    assert house.run("2026-07-15T14:10") == "manual"
    assert house.reserve == 20.0


def test_changed_settings_are_not_a_person_s_choice() -> None:
    """Who edits config.toml in the middle of a peak gets the new level at once."""
    house = House(reserve=100.0)
    house.run("2026-07-15T14:00")
    house.settings = replace(RESERVE, peak_reserve_pct=20)
    assert house.run("2026-07-15T14:05") == "peak done"
    assert house.reserve == 20.0


def test_late_confirmation() -> None:
    """A change that takes minutes is written once, pending meanwhile, and then it holds."""
    house = House(reserve=100.0)
    house.takes = Outcome.PENDING
    assert house.run("2026-07-15T13:50") == "peak pending"
    assert house.run("2026-07-15T13:55") == "peak pending"
    house.set(0.0)
    assert house.run("2026-07-15T14:00") == "peak unchanged"
    assert house.writes == [0.0]


def test_a_change_that_never_comes_fails() -> None:
    """The first run after settle_min fails it, every later one too, and the one that sees it taken recovers."""
    house = House(reserve=100.0)
    house.takes = Outcome.PENDING
    said = [house.run(f"2026-07-15T14:{minute:02}") for minute in (0, 5, 9, 10, 15)]
    assert said == ["peak pending", "peak pending", "peak pending", "peak failed", "peak failed"]
    assert house.writes == [0.0, 0.0, 0.0]
    house.takes = Outcome.DONE
    assert house.run("2026-07-15T14:20") == "peak done"
    assert house.run("2026-07-15T14:25") == "peak unchanged"


def test_no_time_to_settle() -> None:
    """With settle_min = 0 a change that is not confirmed at once has failed."""
    house = House(replace(RESERVE, settle_min=0), reserve=100.0)
    house.takes = Outcome.PENDING
    assert house.run("2026-07-15T14:00") == "peak failed"


def test_a_change_that_comes_after_the_edge() -> None:
    """What arrives when its peak is over was ours, and is not taken for a person's choice."""
    house = House(reserve=100.0)
    house.run("2026-07-15T13:00")
    house.takes = Outcome.PENDING
    house.run("2026-07-15T19:58")
    assert house.run("2026-07-15T20:00") == "off-peak unchanged"
    house.set(0.0)
    house.takes = Outcome.DONE
    assert house.run("2026-07-15T20:05") == "off-peak done"


def test_a_storm_in_between() -> None:
    """During a storm nothing is written; afterwards the right state is."""
    house = House(reserve=100.0)
    house.run("2026-07-15T13:00")
    assert house.run("2026-07-15T14:00", **{**CALM, "storm": True}) == "storm"
    assert house.run("2026-07-15T15:00", **CALM) == "peak done"
    assert house.writes == [0.0]


@pytest.mark.parametrize("strategy", ["reserve", "mode"])
def test_the_owner_s_former_setting_is_given_back(strategy: str) -> None:
    """`pause` gives back what was there before the first change, also after many days; then it begins anew."""
    settings = Settings(battery="powerwall", strategy=strategy)  # type: ignore[arg-type]
    house = House(settings, reserve=35.0, mode="autonomous")
    before = house.reserve if strategy == "reserve" else house.mode
    for when in (NIGHT, "2026-07-16T14:00", "2026-07-16T21:00", "2026-07-17T14:00"):
        house.run(when)
    actions, house.memory = given_back(settings, house.memory)
    assert [action.to for action in actions] == [before]
    house.set(actions[0].to)
    house.writes.clear()
    assert house.run("2026-07-17T21:00") == "off-peak done"  # resumed: not taken for a person's choice
    assert [action.to for action in given_back(settings, house.memory)[0]] == [before]


def test_giving_back_that_failed() -> None:
    """If our own level was still there when the rule begins anew, the owner's former one is not forgotten."""
    house = House(reserve=35.0)
    house.run(NIGHT)
    _, house.memory = given_back(RESERVE, house.memory)
    house.run("2026-07-16T14:00")
    assert [action.to for action in given_back(RESERVE, house.memory)[0]] == [35.0]


def test_a_new_choice_during_a_pause_is_the_owner_s() -> None:
    """What the owner set while the rule was paused is what the next pause gives back."""
    house = House(reserve=35.0)
    house.run(NIGHT)
    _, house.memory = given_back(RESERVE, house.memory)
    house.set(60.0)
    house.run("2026-07-16T14:00")
    assert [action.to for action in given_back(RESERVE, house.memory)[0]] == [60.0]


def test_nothing_to_give_back() -> None:
    """Who never changed anything gives nothing back; a former 90 % comes back as what can be written."""
    assert given_back(RESERVE, Memory())[0] == []
    house = House(reserve=90.0)
    house.run(NIGHT)
    assert [action.to for action in given_back(RESERVE, house.memory)[0]] == [80.0]


def test_a_question_is_asked_only_before_a_change() -> None:
    """A steady run needs no second request: only a decision that would write does."""
    now = at(PEAK)
    steady = decide(reading(now, 0.0), TARIFF, RESERVE, Memory(), now)
    change = decide(reading(now, 100.0), TARIFF, RESERVE, Memory(), now)
    assert not changes(steady, reading(now, 0.0))
    assert changes(change, reading(now, 100.0))
    assert not changes(change, None)


def every(values: Sequence[Action]) -> list[Any]:
    return [action.to for action in values]


def test_a_clock_that_was_set_back() -> None:
    """A write that seems to lie in the future is waited for, not failed."""
    house = House(reserve=100.0)
    house.takes = Outcome.PENDING
    house.run("2026-07-15T15:00")
    assert house.run("2026-07-15T14:30") == "peak pending"


def test_moments_in_other_zones() -> None:
    """The same instant is the same decision, in whatever zone it is written."""
    now = at(PEAK)
    local = decide(reading(now), TARIFF, RESERVE, Memory(), now)
    utc = decide(reading(now), TARIFF, RESERVE, Memory(), now.astimezone(UTC))
    assert (local.reason, every(local.actions), local.because) == (utc.reason, every(utc.actions), utc.because)
