"""The virtual house: sun, loads, battery and grid, balanced step by step.

Power flowing into the house is positive, and `load_w = grid_w + solar_w + battery_w` holds after every step:

    grid_w      import positive, export negative
    battery_w   discharging positive, charging negative
    solar_w     what the panels deliver; what nobody can take is not produced (`curtailed_w`)
    load_w      what the house uses; 0 while it is dark

The grid may hang on a relay (`grid.connected`). Without grid the battery carries the house; when it is down to its
floor, or the load is more than it can give, the inverter switches the house off: it is `dark` until the grid comes
back, or the sun has brought the battery to `restart_pct`. What was wanted meanwhile counts as `unserved_w`.

    house = House(sky=Sky(50.1, 14.4, seed=7), timezone=ZoneInfo("Europe/Prague"), start=midnight,
                  solar=SolarPlant((Plane(5.0),)), household=Household(zone, seed=7), battery=Battery(10))
    house.advance(noon)
    house.soc_pct, house.solar_w, house.today.load_kwh

Deterministic: the same seed and the same switching give the same day. All methods may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.diary import Diary
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.loads import Household, Part
from solarctl.virtualhome.sky import MINUTES, Sky
from solarctl.virtualhome.solar import SolarPlant
from solarctl.virtualhome.supply import Grid, with_grid, without_grid

STEP_S = 60.0
AN_INSTANT_S = 1e-9  # in which powers are balanced and nothing flows


class House:
    """A house that lives from `start` on as far as it is `advance`d; without `start`, from the first `advance`."""

    def __init__(
        self,
        *,
        sky: Sky | None = None,
        timezone: tzinfo = UTC,
        start: datetime | None = None,
        solar: SolarPlant | None = None,
        household: Household | None = None,
        battery: Battery | None = None,
        grid: Grid | None = None,
        parts: Iterable[Part] = (),
        phases: tuple[float, ...] = (1.0,),  # how the load is spread over the phases; sums to 1
    ) -> None:
        self.sky = sky or Sky(50.0, 14.4)
        self.timezone = timezone
        self.solar = solar
        self.household = household
        self.battery = battery
        self.grid = grid or Grid()
        self.parts: list[Part] = list(parts)
        self.phases = phases
        self.lock = threading.RLock()

        self.solar_w = self.load_w = self.grid_w = self.battery_w = 0.0
        self.curtailed_w = self.unserved_w = 0.0
        self.dark = False
        self.dear = False  # whether power costs more just now; a scenario says so
        self.outdoor_c = 0.0
        self.cloud_pct = 0.0
        self.days: dict[date, Energies] = {}
        self.today = Energies()
        self.steps = 0

        self._before_today = Energies()
        self._t = 0.0  # s since 1970
        self._born = False
        self._first_minute = -(10**9)  # the tables begin at this minute since 1970; before any are there: long ago
        self._day_ends = 0.0
        self._diary = Diary()
        if start is not None:
            self._begin(start.timestamp())

    # --- looking ---------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The moment up to which the house has lived."""
        return datetime.fromtimestamp(self._t, UTC)

    @property
    def now_s(self) -> float:
        """The same in seconds since 1970."""
        return self._t

    @property
    def soc_pct(self) -> float | None:
        """The battery's charge, 0–100 %; None without a battery."""
        return None if self.battery is None else self.battery.soc_pct

    @property
    def total(self) -> Energies:
        """Sums since the house was built."""
        return self._before_today + self.today

    @property
    def grid_phases_w(self) -> tuple[float, ...]:
        """Grid power per phase; the sum is `grid_w`."""
        return tuple(self.grid_w * share for share in self.phases)

    # --- living ----------------------------------------------------------------------------------------

    def advance(self, to: datetime) -> None:
        """Live on until `to`, in steps of at most a minute; a moment that is past changes nothing."""
        with self.lock:
            end = to.timestamp()
            if not self._born:
                self._begin(end)
            self._live_until(end)

    def ahead(self) -> tuple[float, float]:
        """Return what the panels could give and what the household will want in the minute that begins now, in W."""
        minute = int(self._t // 60.0)
        if not 0 <= minute - self._first_minute < MINUTES:
            self._load_tables(minute)
        index = minute - self._first_minute
        return self._sunshine[index], self._base[index]

    def settle(self) -> None:
        """Balance the powers anew without letting time pass, e.g. after a relay moved."""
        with self.lock:
            if self._born:
                self._step(0.0)

    def connect_grid(self, connected: bool) -> None:
        """Move the relay between the street and the house."""
        with self.lock:
            if self.grid.connected != connected:
                self.grid.connected = connected
                self.grid.moves += 1
                self.settle()

    def call_at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Have `action` called when the house reaches `moment`."""
        self.call_at_s(moment.timestamp(), action)

    def call_at_s(self, moment_s: float, action: Callable[[], None]) -> None:
        """Like `call_at`, with seconds since 1970."""
        with self.lock:
            self._diary.enter(moment_s, action)

    def call_every(self, period_s: float, action: Callable[[], None], *, phase_s: float = 0.0) -> None:
        """Have `action` called every `period_s`, at whole multiples of it since 1970 plus `phase_s`."""
        with self.lock:
            first = ((self._t - phase_s) // period_s + 1) * period_s + phase_s if self._born else phase_s
            self._diary.enter(first, action, period_s)

    def _begin(self, moment: float) -> None:
        self._born = True
        self._t = moment
        self._new_day()
        self._diary.begin(moment)
        self._step(0.0)

    def _live_until(self, end: float) -> None:
        diary, due, step = self._diary, self._diary.due, self._step
        while self._t < end:
            now = self._t
            then = now - now % STEP_S + STEP_S
            if then > end:
                then = end
            if due and due[0][0] < then:
                then = max(now, due[0][0])
            step(then - now)
            self._t = then
            if then >= self._day_ends:
                self._new_day()
            if due and due[0][0] <= then:
                diary.call_until(then)

    def _new_day(self) -> None:
        local = datetime.fromtimestamp(self._t, self.timezone).date()
        self._before_today = self._before_today + self.today
        self.today = self.days[local] = Energies()
        self._day_ends = datetime.combine(local + timedelta(days=1), time(0), self.timezone).timestamp()

    def _load_tables(self, minute: int) -> None:
        epoch_day = minute // MINUTES
        self._first_minute = epoch_day * MINUTES
        day = self.sky.day(epoch_day)
        self._outdoor, self._cloud = day.outdoor_c, day.cloud
        self._sunshine = [0.0] * MINUTES if self.solar is None else self.solar.power_w(day)
        self._base = [0.0] * MINUTES if self.household is None else self.household.power_w(epoch_day)

    def _step(self, dt_s: float) -> None:
        minute = int(self._t // 60.0)
        index = minute - self._first_minute
        if not 0 <= index < MINUTES:
            self._load_tables(minute)
            index = minute - self._first_minute
        self.steps += 1
        self.outdoor_c = self._outdoor[index]
        self.cloud_pct = 100.0 * self._cloud[index]
        solar_w = self._sunshine[index]
        load_w = self._base[index]
        for part in self.parts:
            part.step(dt_s, self)
            load_w += part.power_w
        flow_s = dt_s or AN_INSTANT_S
        if self.grid.connected and self.grid.live:
            self.dark = False
            flows = with_grid(load_w, solar_w, self.battery, self.grid, flow_s)
        else:
            flows, self.dark = without_grid(load_w, solar_w, self.battery, flow_s, dark=self.dark)
        self.solar_w, self.load_w, self.grid_w, self.battery_w, self.curtailed_w, self.unserved_w = flows
        if dt_s:
            self.today.book(dt_s, self)
