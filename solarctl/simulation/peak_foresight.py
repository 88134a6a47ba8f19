"""What `peak-mode` with a forecast is told in a simulated house: sun and heat that err, and the load of days past."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from solarctl.control.peak_memory import Experience
from solarctl.control.peak_mode import Settings
from solarctl.control.peak_outlook import foreseen, learned_hours, with_high
from solarctl.control.peak_phase import due
from solarctl.control.tariff import Tariff
from solarctl.readings import ForecastReading
from solarctl.simulation.base_record import RECORD_S
from solarctl.simulation.heat_outlook import HeatOutlook
from solarctl.simulation.simulated_house import Simulated
from solarctl.simulation.sun_outlook import SunOutlook
from solarctl.value import replace

SLOT_MIN = 60
HOUR = timedelta(hours=1)


class PeakForesight:
    """The forecasts of a house, with the errors that `plan` and `precool` are given; its load as `record` notes it."""

    def __init__(self, simulated: Simulated, seed: int, *, error_pct: float, error_c: float) -> None:
        self.house, self.unit = simulated.house, simulated.unit
        self.sun = SunOutlook(self.house, seed, error_pct / 100)
        self.heat = HeatOutlook(self.house, self.unit, seed, error_c)
        self._day: date | None = None
        self._hours: list[list[float]] = []
        self._over: list[tuple[date, list[list[float]]]] = []
        self.house.call_every(RECORD_S, self._note)

    def _note(self) -> None:
        local = datetime.fromtimestamp(self.house.now_s, self.house.timezone)
        if local.date() != self._day:
            if self._day is not None:
                self._over.append((self._day, self._hours))
            self._day, self._hours = local.date(), [[] for _ in range(24)]
        self._hours[local.hour].append(self.house.load_w)

    def looked_ahead(self, known: Experience, settings: Settings, tariff: Tariff, now: datetime) -> Experience:
        """Return what is known after a look, as the command looks."""
        for day, hours in self._over:
            if any(span.window.peak for span in tariff.windows_on(day)):
                known = learned_hours(known, day, hours)
        self._over.clear()
        peak = due(known.outlook, tariff, settings, now)
        if peak is None:
            return known
        if settings.weather:
            day = peak.start.date()
            known = with_high(known, day, self.heat.high_deg(day), now)
        start = now.replace(minute=0, second=0, microsecond=0)
        slots = -int((start - peak.end) // HOUR)
        told = ForecastReading(
            at=now, start=start, slot_min=SLOT_MIN, solar_w=self.sun.slots_w(start.astimezone(UTC), slots, SLOT_MIN)
        )
        return replace(known, outlook=foreseen(told, known, settings, peak, now, unit=self.unit))
