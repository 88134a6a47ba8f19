"""What `apply` remembers of its loads: what went into them, where their relays are, and whose hand was last on them.

Energy comes from the sockets' counters, so that a restart or a missed run loses nothing. `plan` reads some
of it, by the same names (plan_words.Booked).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, timedelta

from solarctl.control.plan_settings import Load, Settings, day_begins, day_of, deadline_of
from solarctl.control.plan_words import Watched
from solarctl.decision import Carried, Outcome, SetMode, SetPermissions, SwitchTo
from solarctl.readings import SwitchReading
from solarctl.value import replace, value

APART_S = 55.0  # readings that count as two are a minute apart, cron's jitter allowed for
UNCOUNTED = timedelta(minutes=10)  # how long a load without counter is taken to have gone on as it was
SLACK_KWH = 0.05
LONG_AGO = timedelta(days=36500)


@value
class Track:
    """One load. `commanded` None: nothing that we said is known to hold."""

    counter_kwh: float | None = None
    seen_at: datetime | None = None
    power_w: float | None = None
    commanded: bool | None = None
    drew: bool = False  # since it was switched on
    low: int = 0  # readings in a row, a minute apart, in which it was on and drew next to nothing
    low_at: datetime | None = None
    enough: int = 0  # readings in a row with sun enough to start it
    short: int = 0  # readings in a row with too little sun to go on
    manual: str = ""  # on | off: somebody has switched it by hand
    full_at: datetime | None = None


NO_TRACK = Track()


@value
class Memory:
    day: date | None = None  # the day of needs that stored_kwh counts for
    stored_kwh: dict[str, float] = field(default_factory=dict)
    on: dict[str, bool] = field(default_factory=dict)  # last known position
    since: dict[str, datetime] = field(default_factory=dict)  # of that position
    full: tuple[str, ...] = ()  # found full in that day
    tracks: dict[str, Track] = field(default_factory=dict)
    blind_since: datetime | None = None  # the surplus has not been known since
    battery: str = ""  # what the battery was told last
    sun: Watched = Watched()
    past: tuple[str, ...] = ()  # needs of that day whose deadline was over when they were first looked at

    def track(self, name: str) -> Track:
        return self.tracks.get(name) or NO_TRACK

    def on_for(self, name: str, now: datetime) -> timedelta:
        """Return how long a load has been where it is; for ever, when that is not known."""
        since = self.since.get(name)
        return LONG_AGO if since is None else _passed(since, now)


def seen(memory: Memory, switches: Mapping[str, SwitchReading | None], settings: Settings, now: datetime) -> Memory:
    """Return the memory after a look at the loads: energy booked, hands and full tanks noticed."""
    day = day_of(now, settings.day_start)
    begins = day_begins(day, settings.day_start, now.tzinfo) if now.tzinfo else now
    fresh = memory if memory.day == day else _new_day(memory, day)
    for load in settings.devices:
        reading = switches.get(load.device)
        if reading is not None:
            if fresh.track(load.device).seen_at is None and _is_over(load, day, settings, now):
                fresh = replace(fresh, past=(*fresh.past, load.device))
            fresh = _one_seen(fresh, load, reading, begins, now)
    return fresh


def _is_over(load: Load, day: date, settings: Settings, now: datetime) -> bool:
    """Return whether the need of a day should have been met before `now`; what it got then is not known."""
    if not load.daily_need or now.tzinfo is None:
        return False
    return deadline_of(day, load, settings.day_start, now.tzinfo).astimezone(UTC) <= now.astimezone(UTC)


def _new_day(memory: Memory, day: date) -> Memory:
    tracks = {name: replace(one, manual="", full_at=None, low=0) for name, one in memory.tracks.items()}
    return replace(memory, day=day, stored_kwh={}, full=(), past=(), tracks=tracks)


def _one_seen(memory: Memory, load: Load, reading: SwitchReading, begins: datetime, now: datetime) -> Memory:
    name, track = load.device, memory.track(load.device)
    stored = memory.stored_kwh.get(name, 0.0) + _energy_kwh(track, load, reading, begins, now)
    on, since, full = dict(memory.on), dict(memory.since), memory.full
    if reading.on is not None and on.get(name) is not reading.on:
        if name in on:
            since[name] = now
        on[name] = reading.on
        track = replace(track, drew=False, low=0)
    track = _hand(track, reading)
    track = _drawn(track, load, reading, now)
    if track.low >= 2 and track.drew and name not in full:
        full = (*full, name)
        track = replace(track, full_at=now, manual="" if track.manual == "on" else track.manual)
    if track.low >= 2 and not track.drew and name in full:
        track = replace(track, full_at=now)  # it was offered more and took none
    if name in full:
        stored = max(stored, load.capacity_kwh)
    track = replace(track, counter_kwh=reading.energy_kwh, seen_at=now, power_w=reading.power_w)
    return replace(
        memory,
        stored_kwh=memory.stored_kwh | {name: round(min(stored, 10 * load.capacity_kwh), 6)},
        on=on,
        since=since,
        full=full,
        tracks=memory.tracks | {name: track},
    )


def _energy_kwh(track: Track, load: Load, reading: SwitchReading, begins: datetime, now: datetime) -> float:
    """Return what went into a load since it was last seen, in this day of needs."""
    if track.seen_at is None:
        return 0.0
    passed = _passed(track.seen_at, now)
    hours = passed.total_seconds() / 3600
    if passed <= timedelta(0):
        return 0.0
    if reading.energy_kwh is not None and track.counter_kwh is not None:
        kwh = reading.energy_kwh - track.counter_kwh
        if not 0 <= kwh <= 1.5 * load.power_w / 1000 * hours + SLACK_KWH:
            return 0.0  # the counter was reset, or belongs to another socket
    elif track.power_w is not None:
        kwh = max(0.0, track.power_w) / 1000 * min(hours, UNCOUNTED.total_seconds() / 3600)
    else:
        return 0.0
    of_today = _passed(max(begins, track.seen_at, key=lambda one: one.astimezone(UTC)), now)
    return kwh * max(0.0, min(1.0, of_today / passed))


def _hand(track: Track, reading: SwitchReading) -> Track:
    """Notice that somebody has switched: the relay is not where our last command, which held, had put it."""
    if reading.on is None or reading.locked:
        return track
    if track.manual:
        return track if reading.on is (track.manual == "on") else replace(track, manual="")  # given back
    if track.commanded is not None and reading.on is not track.commanded:
        return replace(track, manual="on" if reading.on else "off", commanded=None)
    return track


def _drawn(track: Track, load: Load, reading: SwitchReading, now: datetime) -> Track:
    """Follow what a load draws while it is on; a socket that feeds in tells nothing about being full."""
    if not reading.on or reading.power_w is None or reading.power_w < 0:
        return replace(track, low=0)
    if reading.power_w >= load.full_below * load.power_w:
        return replace(track, drew=True, low=0)
    if track.low == 0 or track.low_at is None:
        return replace(track, low=1, low_at=now)
    if _passed(track.low_at, now).total_seconds() >= APART_S:
        return replace(track, low=track.low + 1, low_at=now)
    return track


def remember(memory: Memory, carried: Sequence[Carried]) -> Memory:
    """Return the memory with what really became of each relay."""
    on, since, tracks, battery = dict(memory.on), dict(memory.since), dict(memory.tracks), memory.battery
    for one in carried:
        if isinstance(one.action, SetMode | SetPermissions):
            battery = battery if one.holds else ""
        if not isinstance(one.action, SwitchTo):
            continue
        name, to = one.action.device, one.action.to
        track = tracks.get(name, Track())
        if not one.holds:
            tracks[name] = replace(track, commanded=None)
            continue
        if one.outcome is not Outcome.UNCHANGED or on.get(name) is not to:
            on[name], since[name] = to, one.at
            track = replace(track, drew=False, low=0, enough=0, short=0)
        tracks[name] = replace(track, commanded=to)
    return replace(memory, on=on, since=since, tracks=tracks, battery=battery)


def _passed(since: datetime, now: datetime) -> timedelta:
    return now.astimezone(UTC) - since.astimezone(UTC)
