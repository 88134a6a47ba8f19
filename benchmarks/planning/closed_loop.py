"""A day lived minute by minute with a wrong forecast, against a plan that knew the day.

    python -m benchmarks.planning.closed_loop [--devices 4] [--repetitions 2] [--days] [--without-apply] [--mean-load]

The forecast has a wrong level (per day) and knows the clouds only as their mean over two hours; the house's own load
is known as `plan` learns it, quarter by quarter of the clock, from the eight days before (`--mean-load`: as the day's
own mean). `plan` runs every half an hour, `apply` every minute, as the shipped crontab has it; both
are the real rules. What `apply` reads is the minute that has just passed, counters in steps of 1 Wh.

Perfect foresight is a plan made at 06:00 that knows the true means of each 15-minute slot, sun and house, played at
the same minutes. Savings are against doing nothing (needs start at 06:00 as with a timer; the battery follows).
Every minute is paid for by itself: what is imported in one is not netted with what is exported in the next.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from zlib import crc32

from benchmarks.planning.days import SEASONS, Day, averaged, day
from benchmarks.planning.play import NOW, SPARE_WORTH, START_KWH, UNMET_PRICE, prepared, settings_of
from solarctl.control import apply, plan
from solarctl.control.plan_base import OPENING_DAYS, QUARTERS, Profile, base_load, learned
from solarctl.control.plan_tasks import slots_from
from solarctl.control.plan_words import Booked, Plan
from solarctl.control.sun_seen import as_seen, counted_on
from solarctl.decision import Carried, Outcome, SwitchTo
from solarctl.readings import BatteryReading, GridReading, SwitchReading

PLAN_EVERY = 30  # minutes, as in the crontab that is shipped
BATTERY_KWH, BATTERY_W = 2.7, 800.0
EARLIER = 1000  # numbers of the days before, which are never played: the house's own load is learned from them
LEAST = 0.05  # days on which perfect foresight saves less have no share; they count in the sum


@dataclass
class World:
    """What really happens: loads that store what they draw, a battery that follows the meter, a bill by the minute."""

    truth: Day
    soc_kwh: float = START_KWH
    stored: dict[str, float] = field(default_factory=dict)
    on: dict[str, bool] = field(default_factory=dict)
    drawn_w: dict[str, float] = field(default_factory=dict)
    grid_w: float = 0.0
    battery_w: float = 0.0
    sun_w: float = 0.0
    money: float = 0.0
    spare_kwh: float = 0.0
    starts: int = 0

    def __post_init__(self) -> None:
        for one in self.truth.devices:
            self.stored[one.name], self.on[one.name], self.drawn_w[one.name] = 0.0, False, 0.0

    def switch(self, name: str, on: bool) -> None:
        self.starts += on and not self.on[name]
        self.on[name] = on

    def pass_minute(self, minute: int) -> None:
        truth, slot = self.truth, minute // self.truth.slot_min
        mean = sum(truth.buy) / len(truth.buy)
        for one in truth.devices:
            hungry = self.on[one.name] and self.stored[one.name] < one.capacity_kwh - 1e-9
            self.drawn_w[one.name] = one.power_w if hungry else 0.0
            self.stored[one.name] += self.drawn_w[one.name] / 60_000
            if not one.need:
                self.spare_kwh += self.drawn_w[one.name] / 60_000
                self.money -= self.drawn_w[one.name] / 60_000 * (truth.sell[slot] + SPARE_WORTH * mean)
        self.sun_w = truth.minutes[0][minute]
        need = truth.minutes[1][minute] + sum(self.drawn_w.values()) - self.sun_w
        self.battery_w = 0.0
        if truth.battery:
            most = min(BATTERY_W, self.soc_kwh * 60_000)
            least = -min(BATTERY_W, (BATTERY_KWH - self.soc_kwh) * 60_000)
            self.battery_w = min(most, max(least, need))
            self.soc_kwh -= self.battery_w / 60_000
        self.grid_w = need - self.battery_w
        self.money += self.grid_w / 60_000 * (truth.buy[slot] if self.grid_w > 0 else truth.sell[slot])

    @property
    def unmet_kwh(self) -> float:
        return sum(max(0.0, one.capacity_kwh - self.stored[one.name]) for one in self.truth.devices if one.need)

    @property
    def cost(self) -> float:
        return self.money + UNMET_PRICE * self.unmet_kwh


def played(truth: Day, wants: Callable[[str, int], bool]) -> World:
    """Return the day as it goes when loads follow a table."""
    world = World(truth)
    for minute in range(len(truth.minutes[0])):
        for one in truth.devices:
            world.switch(one.name, wants(one.name, minute) and world.stored[one.name] < one.capacity_kwh - 1e-9)
        world.pass_minute(minute)
    return world


def nothing(truth: Day) -> World:
    """Needs start at 06:00, as with a timer."""
    return played(truth, lambda name, _minute: next(one.need for one in truth.devices if one.name == name))


def perfect(truth: Day) -> World:
    """A plan that knows the true mean of every slot."""
    rules = settings_of(truth)
    known = plan.decide(prepared(truth, rules)[2], rules, plan.Memory(), NOW)[1]
    return played(truth, lambda name, minute: bool(known.devices[name][minute // truth.slot_min]))


def forecast(truth: Day) -> list[float]:
    """Return what the service says at 06:00 and all day: the wrong level, and clouds as their mean."""
    dice = random.Random(crc32(truth.name.encode()))
    level = min(1.4, max(0.6, dice.gauss(1.0, 0.15)))
    sun = truth.solar_w
    return [level * sum(near) / len(near) for near in (sun[max(0, t - 4) : t + 5] for t in range(len(sun)))]


@cache
def usual_load(season: str, devices: int) -> Profile:
    """Return what `plan` has learned of the house's own load, from other days than those that are played."""
    found = Profile()
    night = NOW.hour * 60  # a generated day begins with the day of needs, a profile at midnight
    for number in range(EARLIER, EARLIER + OPENING_DAYS):
        minutes = day(season, number, devices, 60, dynamic=False, battery=False).minutes[1]
        found = learned(found, averaged(minutes[-night:] + minutes[:-night], 24 * 60 // QUARTERS))
    return found


class Lived:
    """A day with `plan` every half an hour and `apply` every minute."""

    def __init__(self, truth: Day, *, with_apply: bool = True, mean_load: bool = False) -> None:
        self.truth, self.world, self.with_apply = truth, World(truth), with_apply
        season, _number, devices = truth.name.split("/")[:3]
        self.profile = Profile() if mean_load else usual_load(season, int(devices))
        self.rules, self.options = settings_of(truth), apply.Settings()
        self.memory = apply.Memory()
        self.plan: Plan | None = None
        self.told = forecast(truth)
        self.base_w = sum(truth.base_w) / len(truth.base_w)

    def run(self) -> World:
        for minute in range(len(self.truth.minutes[0])):
            if minute % PLAN_EVERY == 0:
                self.make_plan(minute)
            self.apply(minute) if self.with_apply else self.follow(minute)
            self.world.pass_minute(minute)
        return self.world

    def make_plan(self, minute: int) -> None:
        truth, slot, count = self.truth, minute // self.truth.slot_min, len(self.truth.solar_w)
        rows = (tuple(self.told), truth.buy, truth.sell)
        told, buy, sell = ((row + row)[slot : slot + count] for row in rows)
        now, memory = NOW + timedelta(minutes=minute), self.memory
        starts, counted = slots_from(now, self.rules), counted_on(self.rules, buy)
        usual = base_load({"workday": self.profile}, starts, truth.slot_min, self.base_w)
        found = as_seen(told, usual, starts, truth.slot_min, memory.sun, now, counted=counted)
        booked = Booked(memory.day, memory.stored_kwh, memory.on, memory.since, memory.full, memory.sun)
        soc = self.world.soc_kwh if truth.battery else None
        seen = plan.Foreseen(found.solar_w, found.base_w, buy, sell, soc, booked, self.plan, told, usual)
        self.plan = plan.decide(seen, self.rules, plan.Memory(), now)[1]

    def house(self, minute: int) -> apply.House:
        now, world = NOW + timedelta(minutes=minute), self.world
        battery = BatteryReading(at=now, soc_pct=100 * world.soc_kwh / BATTERY_KWH, battery_w=world.battery_w)
        switches = {
            name: SwitchReading(at=now, on=on, power_w=world.drawn_w[name], energy_kwh=round(world.stored[name], 3))
            for name, on in world.on.items()
        }
        grid = GridReading(at=now, grid_w=world.grid_w)
        return apply.House(grid, battery if self.truth.battery else None, switches, {})

    def apply(self, minute: int) -> None:
        now = NOW + timedelta(minutes=minute)
        if not minute:
            self.world.grid_w = self.truth.minutes[1][0] - self.truth.minutes[0][0]
        decision = apply.decide(self.house(minute), self.plan, self.rules, self.options, self.memory, now)
        carried = []
        for action in decision.actions:
            if isinstance(action, SwitchTo):
                same = self.world.on[action.device] is action.to
                self.world.switch(action.device, action.to)
                carried.append(Carried(action, Outcome.UNCHANGED if same else Outcome.DONE, now))
        assert decision.memory is not None
        self.memory = apply.remember(decision.memory, carried)

    def follow(self, minute: int) -> None:
        """Only the plan counts: as if nobody looked at the sun."""
        now, world = NOW + timedelta(minutes=minute), self.world
        assert self.plan is not None
        since = dict(self.memory.since)
        for one in self.truth.devices:
            on = bool(self.plan.wants(one.name, now)) and world.stored[one.name] < one.capacity_kwh - 1e-9
            if on is not world.on[one.name]:
                since[one.name] = now
                world.switch(one.name, on)
        self.memory = apply.Memory(NOW.date(), dict(world.stored), dict(world.on), since)


@dataclass(frozen=True)
class Compared:
    """One day: with nothing planned, as it was lived, and with perfect foresight."""

    name: str
    nothing: World
    lived: World
    perfect: World

    @property
    def saved(self) -> float:
        return self.nothing.cost - self.lived.cost

    @property
    def possible(self) -> float:
        return self.nothing.cost - self.perfect.cost

    @property
    def share(self) -> float:
        return self.saved / self.possible

    def row(self) -> str:
        share = f"{100 * self.share:6.1f} % of" if self.possible else " nothing can be saved:"
        return (
            f"  {self.name:34} {share} {self.possible:.3f}; unmet {self.lived.unmet_kwh:.2f} kWh, "
            f"spare {self.lived.spare_kwh:.1f} / {self.perfect.spare_kwh:.1f} kWh, "
            f"starts {self.lived.starts} / {self.perfect.starts}"
        )


def compared(truth: Day, *, with_apply: bool = True, mean_load: bool = False) -> Compared:
    lived = Lived(truth, with_apply=with_apply, mean_load=mean_load).run()
    return Compared(truth.name, nothing(truth), lived, perfect(truth))


def row(what: str, days: Sequence[Compared]) -> str:
    """Return a line of the table."""
    shares = [one.share for one in days if one.possible > LEAST]
    return (
        f"| {what} | {len(shares)} | {100 * statistics.median(shares):.1f} % | {100 * min(shares):.1f} % | "
        f"{100 * sum(one.saved for one in days) / sum(one.possible for one in days):.1f} % | "
        f"{sum(one.lived.unmet_kwh for one in days):.2f} | {sum(one.lived.starts for one in days)} / "
        f"{sum(one.perfect.starts for one in days)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=4, choices=(2, 4, 8))
    parser.add_argument("--repetitions", type=int, default=2, help="days of each season")
    parser.add_argument("--first", type=int, default=0, help="number of the first day of each season")
    parser.add_argument("--days", action="store_true", help="print each day")
    parser.add_argument("--without-apply", action="store_true", help="loads run as planned")
    parser.add_argument("--mean-load", action="store_true", help="the house's own load is known as the day's mean")
    options = parser.parse_args()
    print("| tariff, battery | days | share of perfect foresight's saving: median | worst | sum | unmet kWh | starts |")
    print("|---|---|---|---|---|---|---|")
    lived: list[Compared] = []
    numbers = range(options.first, options.first + options.repetitions)
    for dynamic in (False, True):
        for battery in (True, False):
            truths = [
                day(season, n, options.devices, 15, dynamic=dynamic, battery=battery)
                for season in SEASONS
                for n in numbers
            ]
            days = [
                compared(truth, with_apply=not options.without_apply, mean_load=options.mean_load) for truth in truths
            ]
            if options.days:
                print("\n".join(one.row() for one in days))
            print(row(f"{'dynamic' if dynamic else 'flat'}, {'follows' if battery else 'none'}", days), flush=True)
            lived += days
    print(row("all of them", lived))


if __name__ == "__main__":
    main()
