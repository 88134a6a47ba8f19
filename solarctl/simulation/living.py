"""A simulated house lives from one local midnight to another, minute by minute, its rules looking when they are due."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from solarctl.simulation.seats import Seat
from solarctl.simulation.seats_rooms import Comfort
from solarctl.simulation.simulated_house import Simulated
from solarctl.simulation.timetable import Timetable

DAY = timedelta(days=1)


def _floats() -> array[float]:
    return array("f")


@dataclass
class Course:
    """What happened, minute by minute (powers in W), and where each local day begins."""

    days: list[date] = field(default_factory=list)
    first_minute: list[int] = field(default_factory=list)  # of each day, and the end
    grid_w: array[float] = field(default_factory=_floats)
    need_w: array[float] = field(default_factory=_floats)  # what was wanted, less what the sun offered
    car_w: array[float] = field(default_factory=_floats)
    car_is_there: bytearray = field(default_factory=bytearray)
    stored_kwh: list[float] = field(default_factory=list)  # at the beginning of each day, and the end
    car_wants_kwh: list[float] = field(default_factory=list)  # at the beginning of each day, and the end
    car_elsewhere_kwh: list[float] = field(default_factory=list)  # on the road until then
    load_w: dict[str, array[float]] = field(default_factory=dict)  # of loads that can be moved in time
    owed_kwh: list[float] = field(default_factory=list)  # missed by tanks and bicycles, less what they have in store
    given_kwh: list[float] = field(default_factory=list)  # to loads without a need; both as the lists above
    dark_min: list[float] = field(default_factory=list)
    unserved_kwh: list[float] = field(default_factory=list)
    relay_moves: list[int] = field(default_factory=list)  # of the grid's relay, each day
    too_warm_k_h: list[float] = field(default_factory=list)  # so far; as stored_kwh

    @property
    def minutes(self) -> int:
        return len(self.grid_w)


def live(
    simulated: Simulated,
    seats: Sequence[Seat],
    timetable: Timetable,
    first: date,
    days: int,
    comfort: Comfort | None = None,
) -> Course:
    """Let `days` pass from a local midnight on, and return what happened."""
    house, zone = simulated.house, simulated.house.timezone
    course = Course()
    due: list[list[Seat]] = []
    minute = 0
    from_s = datetime.combine(first, time(0), zone).timestamp()
    counts_car = simulated.point is not None
    has_rooms = comfort is not None and simulated.rooms is not None
    grid_w, need_w, car_w, car_is_there = course.grid_w, course.need_w, course.car_w, course.car_is_there
    stamp = datetime.fromtimestamp
    loads = [] if simulated.wired is None else list(simulated.wired.draws().items())
    drawn = [(course.load_w.setdefault(name, _floats()), load) for name, load in loads]

    def look() -> None:
        """Let who is due look at the house as the minute before has left it."""
        seats_now = due[minute]
        if seats_now:
            now = stamp(from_s + len(grid_w) * 60, zone)
            for seat in seats_now:
                seat.look(now)

    def record() -> None:
        nonlocal minute
        grid_w.append(house.grid_w)
        need_w.append(house.load_w + house.unserved_w - house.solar_w - house.curtailed_w)
        if counts_car:
            assert simulated.point is not None
            car_w.append(simulated.point.power_w)
            car_is_there.append(simulated.point.car.plugged)
        for powers, load in drawn:
            powers.append(load.power_w)
        if has_rooms:
            assert comfort is not None
            comfort.minute(stamp(from_s + len(grid_w) * 60, zone))
        minute += 1
        if minute < len(due):
            look()

    house.call_every(60.0, record)
    for number in range(days):
        day = first + number * DAY
        course.days.append(day)
        course.first_minute.append(len(grid_w))
        course.stored_kwh.append(0.0 if house.battery is None else house.battery.stored_kwh)
        _note(course, simulated)
        if simulated.habits is not None:
            simulated.habits.begin_day(day, zone, house)
        if simulated.wired is not None:
            for keeper in simulated.wired.keepers.values():
                keeper.begin_day(day, zone, house)
        due, minute = timetable.day(day), 0
        before, moved = house.total, house.grid.moves
        course.too_warm_k_h.append(0.0 if comfort is None else comfort.too_warm_k_h)
        look()
        house.advance(datetime.combine(day + DAY, time(0), zone))
        after = house.total
        course.dark_min.append(after.dark_min - before.dark_min)
        course.unserved_kwh.append(after.unserved_kwh - before.unserved_kwh)
        course.relay_moves.append(house.grid.moves - moved)
    course.too_warm_k_h.append(0.0 if comfort is None else comfort.too_warm_k_h)
    course.first_minute.append(len(grid_w))
    course.stored_kwh.append(0.0 if house.battery is None else house.battery.stored_kwh)
    _note(course, simulated)
    return course


def _note(course: Course, simulated: Simulated) -> None:
    """Note what the day begins with."""
    if simulated.wired is not None:
        course.owed_kwh.append(simulated.wired.owed_kwh())
        course.given_kwh.append(simulated.wired.given_kwh())
    if simulated.point is not None and simulated.habits is not None:
        course.car_wants_kwh.append(simulated.point.car.wants_kwh)
        course.car_elsewhere_kwh.append(simulated.habits.elsewhere_kwh)
