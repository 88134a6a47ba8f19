"""What has to be placed: each load's energy, day of needs by day of needs, and what its relay may do at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

from solarctl.control.plan_place import Row, Task
from solarctl.control.plan_settings import Load, Settings, day_begins, day_of, deadline_of, in_order
from solarctl.control.plan_words import Booked
from solarctl.value import value

MOSTLY = 0.5  # a need whose deadline is beyond the horizon is planned when so much of its time is within it


@value
class Work:
    """Loads in the order they are served, their rows, and their tasks; `late`: of needs, whose deadline has passed."""

    loads: tuple[Load, ...]
    rows: list[Row]
    tasks: list[Task]
    late: dict[str, float]
    deadlines: dict[str, datetime]


def slots_from(now: datetime, settings: Settings) -> tuple[datetime, ...]:
    """Return the horizon's slots: the first contains `now`; they are on the clock's quarters in UTC and here."""
    exact = now.astimezone(UTC)
    start = exact.replace(minute=exact.minute // settings.slot_min * settings.slot_min, second=0, microsecond=0)
    step = timedelta(minutes=settings.slot_min)
    return tuple((start + index * step).astimezone(now.tzinfo) for index in range(settings.slots))


def work(settings: Settings, starts: Sequence[datetime], now: datetime, booked: Booked) -> Work:
    """Return what is to be placed. What `booked` knows counts only for the present day of needs."""
    zone = now.tzinfo
    assert zone is not None
    loads = tuple(in_order(settings.devices))
    rows = [_row(load, settings, starts, now, booked) for load in loads]
    tasks: list[Task] = []
    late: dict[str, float] = {}
    deadlines: dict[str, datetime] = {}
    for index, load in enumerate(loads):
        for task, deadline, missed_kwh in _tasks(index, load, settings, starts, now, zone, booked):
            if missed_kwh > 0:
                late[load.device] = missed_kwh
            if task.count > 0:
                tasks.append(task)
                deadlines.setdefault(load.device, deadline)
    tasks.sort(key=lambda task: not task.need)  # stable: needs first, in their order
    return Work(loads, rows, tasks, late, deadlines)


def _tasks(
    index: int,
    load: Load,
    settings: Settings,
    starts: Sequence[datetime],
    now: datetime,
    zone: tzinfo,
    booked: Booked,
) -> list[tuple[Task, datetime, float]]:
    found: list[tuple[Task, datetime, float]] = []
    kwh = load.power_w / 1000 * settings.slot_min / 60
    end = starts[-1].astimezone(UTC) + timedelta(minutes=settings.slot_min)
    today = day = day_of(now, settings.day_start)
    while True:
        begin = day_begins(day, settings.day_start, zone).astimezone(UTC)
        deadline = deadline_of(day, load, settings.day_start, zone)
        if begin >= end:
            return found
        wanted = load.capacity_kwh
        if day == today and booked.day == today:
            wanted -= booked.stored_kwh.get(load.device, 0.0)
            if load.device in booked.full:
                wanted = 0.0
        if day == today and _is_unknown(load, deadline, booked, today, now):
            wanted = 0.0
        last_moment = deadline if load.daily_need else day_begins(day + timedelta(days=1), settings.day_start, zone)
        first, last = _slot(begin, starts, settings, up=True), _slot(last_moment, starts, settings, up=False)
        count = math.ceil(wanted / kwh - 1e-6)
        missed = wanted if load.daily_need and last <= first and day == today and wanted > 1e-6 else 0.0
        whole = last_moment.astimezone(UTC) - begin
        inside = min(last_moment.astimezone(UTC), end) - begin
        need = load.daily_need and (day == today or inside >= MOSTLY * whole)
        task = Task(index, kwh, count if last > first else 0, first, last, need, max(0.0, wanted))
        found.append((task, deadline, missed))
        day += timedelta(days=1)


def _is_unknown(load: Load, deadline: datetime, booked: Booked, today: date, now: datetime) -> bool:
    """Return whether a need's time was over before anybody looked: then it is not missing anything."""
    if not load.daily_need or deadline.astimezone(UTC) > now.astimezone(UTC):
        return False
    return booked.day != today or load.device in booked.past


def _slot(moment: datetime, starts: Sequence[datetime], settings: Settings, *, up: bool) -> int:
    """Return how many slots begin before a moment (`up`), or end by it."""
    passed = (moment.astimezone(UTC) - starts[0].astimezone(UTC)) / timedelta(minutes=settings.slot_min)
    return min(max(0, math.ceil(passed - 1e-9) if up else math.floor(passed + 1e-9)), len(starts))


def _row(load: Load, settings: Settings, starts: Sequence[datetime], now: datetime, booked: Booked) -> Row:
    def slots(minutes: float) -> int:
        return max(1, math.ceil(minutes / settings.slot_min - 1e-9))

    on, since = booked.on.get(load.device, False), booked.since.get(load.device)
    row = Row([0] * len(starts), slots(load.min_on_min), slots(load.min_off_min), was_on=on)
    row.kwh = load.power_w / 1000 * settings.slot_min / 60
    if since is None:
        return row
    shortest = load.min_on_min if on else load.min_off_min
    left = shortest - (now.astimezone(UTC) - min(since, now).astimezone(UTC)).total_seconds() / 60
    if left <= 0:
        return row
    already_min = (now.astimezone(UTC) - starts[0].astimezone(UTC)).total_seconds() / 60
    bound = min(math.ceil((left + already_min) / settings.slot_min - 1e-9), len(starts))
    if not on:
        row.bound_off = bound
    elif load.device not in booked.full:
        row.bound_on = bound
        row.on[:bound] = [1] * bound
    return row
