"""What the simulated house itself draws: noted every five minutes as `record` does, learned day by day for `plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from solarctl.control import plan_base
from solarctl.control.plan_settings import Settings
from solarctl.simulation.simulated_house import Simulated

RECORD_S = 300.0  # as often as `record` runs

Quarters = list[list[float]]


class BaseRecord:
    """The meters' sum by quarter hour: grid, battery and sun as far as [plan] names meters, less the planned loads."""

    def __init__(self, settings: Settings, simulated: Simulated) -> None:
        assert simulated.wired is not None
        self.settings = settings
        self.house = simulated.house
        self.sockets = [simulated.wired.sockets[load.device] for load in settings.devices]
        self.profiles: Mapping[str, plan_base.Profile] = {}
        self._day: date | None = None
        self._quarters: Quarters = []
        self._finished: list[tuple[date, Quarters]] = []
        self.house.call_every(RECORD_S, self._note)

    def _note(self) -> None:
        house, settings = self.house, self.settings
        local = datetime.fromtimestamp(house.now.timestamp(), house.timezone)
        if local.date() != self._day:
            if self._day is not None:
                self._finished.append((self._day, self._quarters))
            self._day, self._quarters = local.date(), [[] for _ in range(plan_base.QUARTERS)]
        watts = house.grid_w - sum(socket.power_w for socket in self.sockets)
        if settings.battery:
            watts += house.battery_w
        if settings.solar:
            watts += house.solar_w
        self._quarters[local.hour * 4 + local.minute // 15].append(watts)

    def learn(self, starts: Sequence[datetime], solar_w: Sequence[float]) -> None:
        """Fold the days that are over into the profiles; without a meter for the sun, what is foreseen dark of them."""
        dark = None if self.settings.solar else plan_base.dark_quarters(starts, solar_w)
        for day, quarters in self._finished:
            means = [
                max(0.0, sum(row) / len(row)) if row and (dark is None or number in dark) else None
                for number, row in enumerate(quarters)
            ]
            if any(one is not None for one in means):
                kind = plan_base.kind(day)
                before = self.profiles.get(kind, plan_base.Profile())
                self.profiles = {**self.profiles, kind: plan_base.learned(before, means)}
        self._finished.clear()
