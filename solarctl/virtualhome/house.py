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

import heapq
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.loads import Household, Part
from solarctl.virtualhome.sky import MINUTES, Sky
from solarctl.virtualhome.solar import SolarPlant

STEP_S = 60.0
J_PER_KWH = 3.6e6


@dataclass
class Grid:
    """The connection to the street: limits in W, a relay (`connected`), and whether the street has power (`live`)."""

    connected: bool = True
    live: bool = True
    max_import_w: float = float("inf")
    max_export_w: float = float("inf")  # 0: no feed-in allowed
    moves: int = 0  # of the relay


@dataclass(slots=True)
class Energies:
    """Sums of a local day (or of all time); all are 0 or more."""

    import_kwh: float = 0.0
    export_kwh: float = 0.0
    solar_kwh: float = 0.0
    load_kwh: float = 0.0
    battery_in_kwh: float = 0.0
    battery_out_kwh: float = 0.0
    curtailed_kwh: float = 0.0
    unserved_kwh: float = 0.0
    dark_min: float = 0.0
    dear_import_kwh: float = 0.0  # of the import, what came while the house was `dear`

    def __add__(self, other: Energies) -> Energies:
        return Energies(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


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
        self._first_minute = -MINUTES  # the tables begin at this minute since 1970
        self._day_ends = 0.0
        self._due: list[tuple[float, int, Callable[[], None], float]] = []
        self._tickets = 0
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
        self._remember(moment_s, action, 0.0)

    def call_every(self, period_s: float, action: Callable[[], None], *, phase_s: float = 0.0) -> None:
        """Have `action` called every `period_s`, at whole multiples of it since 1970 plus `phase_s`."""
        with self.lock:
            first = ((self._t - phase_s) // period_s + 1) * period_s + phase_s if self._born else phase_s
            self._remember(first, action, period_s)

    def _remember(self, moment: float, action: Callable[[], None], period_s: float) -> None:
        with self.lock:
            self._tickets += 1
            heapq.heappush(self._due, (moment, self._tickets, action, period_s))

    def _begin(self, moment: float) -> None:
        self._born = True
        self._t = moment
        self._new_day()
        for index, (_at, ticket, action, period_s) in enumerate(self._due):
            if period_s:
                first = (moment - _at) // period_s * period_s + period_s + _at
                self._due[index] = (first, ticket, action, period_s)
        heapq.heapify(self._due)
        self._step(0.0)

    def _live_until(self, end: float) -> None:
        due, step = self._due, self._step
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
            while due and due[0][0] <= then:
                moment, ticket, action, period_s = heapq.heappop(due)
                if period_s:
                    heapq.heappush(due, (moment + period_s, ticket, action, period_s))
                action()

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
        need_w = load_w - solar_w
        battery, grid = self.battery, self.grid
        curtailed_w = unserved_w = 0.0

        if grid.connected and grid.live:
            self.dark = False
            battery_w = 0.0 if battery is None else battery.with_grid(need_w, dt_s or 1e-9)
            grid_w = need_w - battery_w
            if grid_w < -grid.max_export_w:
                curtailed_w = min(solar_w, -grid.max_export_w - grid_w)
                grid_w += curtailed_w
            elif grid_w > grid.max_import_w:
                help_w = (
                    0.0 if battery is None or battery_w else battery.discharge(grid_w - grid.max_import_w, dt_s or 1e-9)
                )
                battery_w += help_w
                grid_w -= help_w
                if grid_w > grid.max_import_w:  # the breaker holds the rest back
                    unserved_w = min(load_w, grid_w - grid.max_import_w)
                    grid_w -= unserved_w
                    load_w -= unserved_w
        else:
            grid_w = 0.0
            if self.dark and battery is not None and battery.soc_pct >= battery.restart_pct:
                self.dark = False
            battery_w = 0.0
            stored_kwh = 0.0 if battery is None else battery.stored_kwh
            if not self.dark:
                if need_w > 0.0:
                    if battery is not None:
                        battery_w = battery.discharge(need_w, dt_s or 1e-9)
                    self.dark = battery_w < need_w - 0.5
                else:
                    if battery is not None:
                        battery_w = -battery.charge(-need_w, dt_s or 1e-9)
                    curtailed_w = -need_w + battery_w
            if self.dark:
                unserved_w = load_w
                load_w = 0.0
                if battery is not None:
                    battery.stored_kwh = stored_kwh  # what could not carry the house was not taken
                    battery_w = -battery.charge(solar_w, dt_s or 1e-9)
                curtailed_w = solar_w + battery_w

        solar_w -= curtailed_w
        self.solar_w, self.load_w, self.grid_w, self.battery_w = solar_w, load_w, grid_w, battery_w
        self.curtailed_w, self.unserved_w = curtailed_w, unserved_w
        if dt_s:
            today = self.today
            k = dt_s / J_PER_KWH
            today.solar_kwh += solar_w * k
            today.load_kwh += load_w * k
            if grid_w > 0.0:
                today.import_kwh += grid_w * k
                if self.dear:
                    today.dear_import_kwh += grid_w * k
            else:
                today.export_kwh -= grid_w * k
            if battery_w > 0.0:
                today.battery_out_kwh += battery_w * k
            else:
                today.battery_in_kwh -= battery_w * k
            if curtailed_w:
                today.curtailed_kwh += curtailed_w * k
            if unserved_w:
                today.unserved_kwh += unserved_w * k
                if self.dark:
                    today.dark_min += dt_s / 60.0
