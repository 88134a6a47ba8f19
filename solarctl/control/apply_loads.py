"""Each load's relay, in the order loads are served: forced, by hand, full, due, planned, or by the sun that is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from solarctl.control.apply_claims import Claims
from solarctl.control.apply_limit import GridLimit
from solarctl.control.apply_memory import Memory, Track
from solarctl.control.apply_shift import RUNS, planned_later, planned_now
from solarctl.control.apply_swap import Outlook, Swap
from solarctl.control.apply_words import House, Reason, Settings, Wish, kw, on_off
from solarctl.control.plan_settings import Load, in_order
from solarctl.control.plan_settings import Settings as PlanSettings
from solarctl.control.plan_words import Plan
from solarctl.control.sun_seen import watched
from solarctl.readings import GridReading, SwitchReading
from solarctl.value import replace

JITTER_S = 5.0  # cron's runs are not minutes apart to the second
EARLY = timedelta(minutes=15)  # a deadline is met so much early
AMPLE = 1.15  # of its power must be there to start a load that lives on surplus: a cloud cannot stop it at once
AGAIN = timedelta(hours=1)  # a full tank may take more sun after so long


class LoadRules:
    """One decision in the making: what is left of the sun, load by load in the order they are served."""

    def __init__(
        self,
        house: House,
        plan: Plan | None,
        settings: PlanSettings,
        options: Settings,
        memory: Memory,
        now: datetime,
    ) -> None:
        self.house, self.plan, self.settings, self.options, self.now = house, plan, settings, options, now
        self.grid_w = fresh_w(house.grid, options, now)
        self.charging_w = 0.0  # what flows into the battery
        self.available_w = self._available()
        blind_since = None if self.available_w is not None else memory.blind_since or now
        self.memory = replace(memory, blind_since=blind_since)
        self.left_w = self.available_w
        self.usual_w = 0.0  # what the last minutes had more of it, on average
        if self.available_w is not None:
            sun = watched(memory.sun, self.available_w, plan, now)
            self.memory = replace(self.memory, sun=sun)
            self.usual_w = (sun.surplus_w or 0.0) - self.available_w
        self.limit = GridLimit(settings, self.grid_w)
        self.claims = Claims(house, plan, settings, memory, now)

    def _available(self) -> float | None:
        managed = sum(one.power_w or 0.0 for one in self.house.switches.values() if one is not None and one.on)
        if self.grid_w is None:
            return None
        if not self.settings.battery:
            return round(managed - self.grid_w, 1)
        battery = self.house.battery
        if battery is None or battery.battery_w is None or not battery.is_fresh(self.now, self.options.max_age_min):
            return None
        self.charging_w = max(0.0, -battery.battery_w)
        return round(managed - self.grid_w - battery.battery_w, 1)

    def wishes(self) -> dict[str, Wish]:
        """Return what each load that answers should do."""
        found: dict[str, Wish] = {}
        for load in in_order(self.settings.devices):
            reading = self.house.switches.get(load.device)
            if reading is None or reading.on is None:
                continue
            wanted = self._wish(load, reading)
            wish = self._held(load, reading, wanted)
            found[load.device] = wish
            self._take(load, reading, wish)
            self._reserve(load, wanted, wish)
        return self.limit.shed(found, self.house.switches)

    # --- one load

    def _wish(self, load: Load, reading: SwitchReading) -> Wish:
        name, track = load.device, self.memory.track(load.device)
        if reading.locked:
            return Wish(None, "locked on in the app")
        if forced := self.house.forced.get(name):
            on = forced.mode != "off" and forced.power_w != 0
            return Wish(on, f"forced {on_off(on)} until {forced.until.astimezone(self.now.tzinfo):%H:%M}")
        if track.manual:
            return Wish(None, f"switched {track.manual} by hand, left alone until {self.settings.day_start:%H:%M}")
        stored = self.memory.stored_kwh.get(name, 0.0)
        if name in self.memory.full or stored >= load.capacity_kwh - 1e-9:
            return self._when_full(load, reading, track)
        if name in self.memory.past:  # whether it lacks anything is not known: the sun may heat it, the grid waits
            return self._by_sun(load, reading, track, planned=False)
        if load.daily_need and (due := self._due(load, stored)):
            return Wish(True, due, Reason.DEADLINE)
        planned = self.plan.wants(name, self.now) if self.plan else None
        if load.daily_need and planned is not None and self.left_w is not None:
            return self._by_plan(load, reading, track, stored, planned)
        if planned and load.daily_need:
            return Wish(True, self._planned(load, stored))
        return self._by_sun(load, reading, track, planned=bool(planned))

    def _by_plan(self, load: Load, reading: SwitchReading, track: Track, stored: float, planned: bool) -> Wish:
        """Return whether a need runs as planned, or had better be moved; two readings must say so to move it."""
        assert self.plan is not None
        assert self.left_w is not None
        left = self.left_w - self.claims.bound_w(load)
        carried = self._carried(load, reading, left)
        kept = self.claims.kept_by_battery_w(load, self.left_w) if carried and not planned else 0.0
        carried = carried and self._carried(load, reading, left - kept)
        # the mean of some minutes decides what is moved; a run that only the sun brings here is judged by the meter
        meant = left if not planned and (reading.on or carried) else left + self.usual_w
        outlook = Outlook(self.plan, self.settings, load, self.now, meant, self.claims.soc_kwh)
        swap = outlook.swap(planned, outlook.before(self.claims.deadline(load)))
        sun = f"{kw(max(0.0, left))} of sun for {kw(load.power_w)}"
        if kept and left >= load.power_w:
            sun += ", worth more in the battery"
        if swap is None:
            if planned:
                return Wish(True, self._planned(load, stored))
            return self._by_sun(load, reading, track, planned=False)
        shifted = planned_now if planned else planned_later
        on, track = shifted(track, reading.on is True, swap.worth, carried)
        self._keep(load, track)
        if planned:
            if on:
                return Wish(True, self._planned(load, stored))
            return Wish(False, f"planned, but {sun}; {self._hour(swap)} is cheaper", Reason.WAITING)
        if on:
            return Wish(True, f"{sun}, instead of {self._hour(swap)}", Reason.SURPLUS)
        if reading.on:
            return Wish(False, f"{sun}; {self._hour(swap)} is cheaper")
        if track.enough:
            return Wish(False, f"{sun}, instead of {self._hour(swap)}; the next reading decides", Reason.WAITING)
        return Wish(False, f"planned for {self._hour(outlook.next_run() or swap)}; {sun}")

    def _carried(self, load: Load, reading: SwitchReading, left_w: float) -> bool:
        """Return whether the meter shows sun enough for a load alone, that nobody before it is about to take."""
        if not reading.on:
            return left_w - self.claims.awaited_w(load) >= load.power_w
        own = max(0.0, reading.power_w if reading.power_w is not None else load.power_w)
        return left_w >= own - self.options.import_w

    def _hour(self, swap: Swap) -> str:
        return f"{swap.at.astimezone(self.now.tzinfo):%H:%M}"

    def _when_full(self, load: Load, reading: SwitchReading, track: Track) -> Wish:
        if track.full_at is None or self._since(track.full_at) >= AGAIN:
            return self._by_sun(load, reading, track, planned=False, word="was full, is asked whether it takes more,")
        return Wish(False, "full")

    def _planned(self, load: Load, stored: float) -> str:
        until = self.plan.on_until(load.device, self.now) if self.plan else None
        when = f" until {until.astimezone(self.now.tzinfo):%H:%M}" if until else ""
        return f"planned{when}, {stored:.1f} of {load.capacity_kwh:g} kWh so far"

    def _due(self, load: Load, stored: float) -> str:
        """Return why a load must run now to meet its deadline, or nothing."""
        deadline = self.claims.deadline(load)
        if self.now.astimezone(UTC) < due_at(load, stored, deadline):
            return ""
        return f"{load.capacity_kwh - stored:.1f} kWh are missing at {deadline:%H:%M}"

    def _by_sun(self, load: Load, reading: SwitchReading, track: Track, *, planned: bool, word: str = "") -> Wish:
        """Return whether the sun carries a load: two readings must say so, to start it and to stop it."""
        word = f"{word} " if word else ""
        if self.left_w is None:
            return self._blind(reading)
        left = self.left_w
        if not load.daily_need:
            left -= self._battery_claim_w(load)
        waits = Reason.WAITING if planned else Reason.PLANNED
        if reading.on:
            own = max(0.0, reading.power_w if reading.power_w is not None else load.power_w)
            short = track.short + 1 if left < own - self.options.import_w else 0
            self._keep(load, replace(track, short=short, enough=0))
            if short >= RUNS:
                return Wish(False, f"too little sun: {kw(max(0.0, left))} for {kw(own)}")
            return Wish(True, f"{word}sun: {kw(max(0.0, left))} are there", Reason.SURPLUS)
        room = left - self.claims.bound_w(load) - self.claims.awaited_w(load)
        ample = room >= load.power_w * (1.0 if load.daily_need else AMPLE)
        need = self.claims.need_before(load, room) if ample else ""
        enough = track.enough + 1 if ample and not need else 0
        self._keep(load, replace(track, enough=enough, short=0))
        if need:
            return Wish(False, f"{kw(room)} of sun are left to {need}, which is short of it", waits)
        if enough >= RUNS:
            return Wish(True, f"{word}sun: {kw(max(0.0, left))} are there", Reason.SURPLUS)
        if enough:
            return Wish(False, f"{word}sun: {kw(max(0.0, left))} are there; on if they stay", Reason.WAITING)
        word = "planned, but " if planned else ""
        clouds = ", too little for the next cloud" if room >= load.power_w else ""
        return Wish(False, f"{word}{kw(max(0.0, left))} of sun for {kw(load.power_w)}{clouds}", waits)

    def _blind(self, reading: SwitchReading) -> Wish:
        since = self.memory.blind_since
        if reading.on and since is not None and self._since(since) < timedelta(minutes=self.options.blind_min):
            return Wish(True, "the sun is not known; it goes on for a while")
        return Wish(False, "the sun is not known")

    def _battery_claim_w(self, load: Load) -> float:
        """Return what of the sun is the battery's: until it has its least; while it saves more than a sale brings."""
        if self._battery_first(load):
            return self.charging_w
        return self.claims.kept_by_battery_w(load, self.left_w) if self.left_w is not None else 0.0

    def _battery_first(self, load: Load) -> bool:
        battery = self.house.battery
        return load.min_battery_pct > 0 and (
            battery is None or battery.soc_pct is None or battery.soc_pct < load.min_battery_pct
        )

    # --- limits

    def _held(self, load: Load, reading: SwitchReading, wish: Wish) -> Wish:
        """Return the wish within minimum times and the grid limit."""
        if wish.on is None or wish.on is reading.on:
            return wish
        shortest = timedelta(minutes=load.min_off_min if wish.on else load.min_on_min)
        rest = shortest - self.memory.on_for(load.device, self.now)
        if rest.total_seconds() > JITTER_S:
            minutes = max(1, round(rest.total_seconds() / 60))
            return Wish(
                reading.on, f"stays {on_off(bool(reading.on))} for {minutes} min more ({wish.why})", Reason.WAITING
            )
        if wish.on and self.limit.forbids(load.power_w, self.memory.on):
            return Wish(False, f"{kw(self.settings.grid_limit_w)} from the grid would be exceeded", Reason.LIMIT)
        return wish

    def _take(self, load: Load, reading: SwitchReading, wish: Wish) -> None:
        """Take what a load will draw from what is left of the sun."""
        on = reading.on if wish.on is None else wish.on
        drawn = max(0.0, reading.power_w or 0.0)
        if on and not reading.on:
            drawn = load.power_w
            self.limit.started_w += load.power_w
        if on and self.left_w is not None:
            self.left_w -= drawn

    def _reserve(self, load: Load, wanted: Wish, wish: Wish) -> None:
        """Leave the sun to a need that will start in a moment: after its pause, or with the next reading."""
        soon = wanted.on or self.memory.track(load.device).enough
        if self.left_w is not None and wish.on is False and load.daily_need and soon:
            self.left_w -= load.power_w

    def _keep(self, load: Load, track: Track) -> None:
        self.memory = replace(self.memory, tracks=self.memory.tracks | {load.device: track})

    def _since(self, moment: datetime) -> timedelta:
        return self.now.astimezone(UTC) - moment.astimezone(UTC)


def due_at(load: Load, stored_kwh: float, deadline: datetime) -> datetime:
    """Return from when on (in UTC) what is missing takes all the time that is left before a deadline."""
    hours = (load.capacity_kwh - stored_kwh) * 1000 / load.power_w
    return deadline.astimezone(UTC) - timedelta(hours=hours) - EARLY


def fresh_w(grid: GridReading | None, options: Settings, now: datetime) -> float | None:
    """Return the grid's power, None when it is not known or too old."""
    return grid.grid_w if grid is not None and grid.is_fresh(now, options.max_age_min) else None
