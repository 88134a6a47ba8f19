"""Rules at their place in a simulated house: told what the house is like, and obeyed.

A seat turns the house's state into the readings that its rule gets, lets the very same `decide()` decide that a run
of the command calls, carries the actions out in the house, and lets `remember()` remember what became of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from solarctl.control import grid_guard, peak_mode
from solarctl.control.peak_outlook import next_look
from solarctl.control.peak_phase import next_change
from solarctl.control.tariff import Tariff
from solarctl.decision import Carried, Decision, Outcome, SetMode, SetReserve, SwitchTo
from solarctl.readings import BatteryReading, ReserveReading
from solarctl.simulation.peak_foresight import PeakForesight
from solarctl.simulation.simulated_house import Simulated
from solarctl.value import replace

BACKUP = "backup"


class Seat(Protocol):
    """What the timetable calls."""

    command: str
    tally: Tally

    def look(self, now: datetime) -> None: ...


class Tally:
    """What a rule did: its runs, what it wrote, and how often it gave each reason."""

    def __init__(self) -> None:
        self.runs = 0
        self.writes = 0
        self.reasons: Counter[str] = Counter()

    def to_json(self) -> dict[str, Any]:
        return {"runs": self.runs, "writes": self.writes, "reasons": dict(self.reasons.most_common())}


def conclude(
    tally: Tally,
    decision: Decision[Any],
    write: Callable[[Any], bool],
    now: datetime,
    remember: Callable[[Any, Sequence[Carried]], Any] | None = None,
) -> Any:
    """Carry a decision out and return the memory for the next run; `write` says whether something had to be written."""
    tally.runs += 1
    tally.reasons[decision.reason] += 1
    carried: list[Carried] = []
    for action in decision.actions:
        written = write(action)
        tally.writes += written
        if remember is not None:
            carried.append(Carried(action, Outcome.DONE if written else Outcome.UNCHANGED, now))
    return decision.memory if remember is None else remember(decision.memory, carried)


class GridGuardSeat:
    """`grid-guard` at the inverter's charge, in whole percent as its cloud shows it, and at the relays.

    With limits alone the answer depends on nothing but the charge: it is the same until that changes.
    """

    command = "grid-guard"

    def __init__(self, settings: grid_guard.Settings, simulated: Simulated, *, attentive: bool = False) -> None:
        self.settings = settings
        self.house = simulated.house
        self.memory = grid_guard.Memory()
        self.tally = Tally()
        self.positions = dict.fromkeys(settings.switch, self.house.grid.connected)
        times = (settings.on_delay_min, settings.off_delay_min, settings.min_on_min, settings.min_off_min)
        self._attentive = attentive or any(times) or bool(settings.max_switches_per_day) or settings.quiet is not None
        self._answered: tuple[float | None, str] | None = None  # at which charge, when nothing had to be switched

    def look(self, now: datetime) -> None:
        soc_pct = self.house.soc_pct
        shown = None if soc_pct is None else float(round(soc_pct))
        if self._answered is not None and self._answered[0] == shown:
            self.tally.runs += 1
            self.tally.reasons[self._answered[1]] += 1
            return
        reading = BatteryReading(at=now, soc_pct=shown, battery_w=self.house.battery_w)
        decision = grid_guard.decide(reading, self.settings, self.memory, now)
        writes = self.tally.writes
        self.memory = conclude(self.tally, decision, self._write, now, grid_guard.remember)
        is_settled = shown is not None and writes == self.tally.writes and not self._attentive
        self._answered = (shown, decision.reason) if is_settled else None

    def _write(self, action: Any) -> bool:
        assert isinstance(action, SwitchTo)
        if self.positions[action.device] == action.to:
            return False
        self.positions[action.device] = action.to
        self.house.connect_grid(all(self.positions.values()))
        return True


class PeakModeSeat:
    """`peak-mode` at the battery's reserve; in mode "backup" everything is kept back.

    Once the battery is as it should be, the answer is the same until the next edge of the peak, or the next look at
    the forecast.
    """

    command = "peak-mode"

    def __init__(
        self,
        settings: peak_mode.Settings,
        simulated: Simulated,
        tariff: Tariff,
        foresight: PeakForesight | None = None,
        *,
        attentive: bool = False,
    ) -> None:
        assert simulated.house.battery is not None
        self.battery = simulated.house.battery
        self.settings = replace(settings, capacity_kwh=settings.capacity_kwh or self.battery.capacity_kwh)
        self.tariff = tariff
        self.foresight = foresight
        self.memory = peak_mode.Memory()
        self.tally = Tally()
        self.mode = "self_consumption"
        self.reserve_pct = self.battery.reserve_pct
        self._attentive = attentive
        self._until: datetime | None = None
        self._reason = ""

    def look(self, now: datetime) -> None:
        if self._until is not None and now < self._until:
            self.tally.runs += 1
            self.tally.reasons[self._reason] += 1
            return
        reading = ReserveReading(
            at=now,
            reserve_pct=self.reserve_pct,
            mode=self.mode,
            soc_pct=self.battery.soc_pct,
            storm=False,
            off_grid=False,
            outage=False,
        )
        if self.foresight is not None:
            learned = self.foresight.looked_ahead(self.memory.learned, self.settings, self.tariff, now)
            self.memory = replace(self.memory, learned=learned)
        decision = peak_mode.decide(reading, self.tariff, self.settings, self.memory, now)
        before, writes = self.memory, self.tally.writes
        self.memory = conclude(self.tally, decision, self._write, now, peak_mode.remember)
        is_settled = self.memory == before and writes == self.tally.writes and not self._attentive
        self._until = self._changes_at(now) if is_settled else None
        self._reason = decision.reason

    def _changes_at(self, now: datetime) -> datetime | None:
        until = next_change(self.tariff, self.settings, now)
        if self.foresight is None:
            return until
        anew = next_look(self.memory.learned.outlook, self.tariff, self.settings, now)
        return min((one for one in (until, anew) if one is not None), default=None)

    def _write(self, action: Any) -> bool:
        before = (self.mode, self.reserve_pct)
        if isinstance(action, SetReserve):
            self.reserve_pct = action.to
        elif isinstance(action, SetMode):
            self.mode = action.to
        self.battery.reserve_pct = 100.0 if self.mode == BACKUP else self.reserve_pct
        return before != (self.mode, self.reserve_pct)
