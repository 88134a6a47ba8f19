"""Guarantees: a load gets its energy (or minutes) by a time of day, from the grid where the sun did not do.

Two forms. Plain: what is missing from `kwh` or `minutes`. With `two_day_kwh`, the seed's water-heater law: levels by
season, what two days brought, and the clouds of the coming day decide how much is added (`top_up_wh`, worked out
once, `check_h` hours before the deadline):

    today and two days short, good forecast   just what is short, at most a morning's need
    … bad forecast                            up to the morning's need, and a share by clouds of the rest
    today short, two days fine                nothing, or by season and clouds
    today fine, or mode below 20              nothing

The energy is then taken in the cheapest hours before the deadline, the latest ones first: the sun may still come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from solarctl.control.balance_energy import next_time
from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_settings import SEASONS, Guarantee
from solarctl.value import replace, value

SUN_MODE = 20  # the domestic mode in which the law applies: 0 off, 10 day/night tariff, 20 sun and guarantee
LOSSES = 1.07  # the seed's allowance for a heater that draws less than its curve says
SLOT_S = 900
WORTH_WH = 1.0
PLAN_EVERY_S = 60.0

Price = Callable[[datetime], float]


def season(day: date, starts: Sequence[int]) -> str:
    """Return the season of a day, by the days of the year on which spring, summer, fall and winter begin.

    >>> season(date(2026, 7, 1), (80, 173, 290, 355))
    'summer'
    """
    number = day.timetuple().tm_yday
    passed = [name for name, start in zip(SEASONS, starts) if number >= start]
    return passed[-1] if passed else "winter"


def levels_wh(settings: Guarantee, day: date) -> tuple[float, float]:
    """Return the energies wanted in one and in two days, in Wh."""
    own = {"spring": settings.spring, "summer": settings.summer, "fall": settings.fall, "winter": settings.winter}
    found = own[season(day, settings.season_days)]
    if found is None:
        return settings.kwh * 1000, settings.two_day_kwh * 1000
    return found.kwh * 1000, (found.two_day_kwh or settings.two_day_kwh) * 1000


@value
class TopUp:
    """What is added to the day, and what the day then counts as."""

    add_wh: float
    today_wh: float


def top_up_wh(
    *, season: str, mode: int, full: bool, today_wh: float, yesterday_wh: float, cloud_pct: float,
    low_today_wh: float, low_two_days_wh: float, morning_wh: float, full_wh: float, good_pct: float, correction: float,
) -> TopUp:  # fmt: skip
    """Return the seed's top-up of a water heater; its rows are numbered in the reference, section 1.7."""
    today = float(int(today_wh * correction))
    two_days = today_wh + yesterday_wh
    good = cloud_pct < good_pct
    clouds = cloud_pct / 100
    if mode < SUN_MODE:
        return TopUp(0.0, today)
    if full:
        return TopUp(0.0, full_wh)
    if today >= low_today_wh:
        return TopUp(0.0, today)
    if two_days < low_two_days_wh:
        if good:
            add = min(low_today_wh - today, low_two_days_wh - two_days, morning_wh)
        elif today < morning_wh:
            add = (morning_wh - today) + (low_today_wh - morning_wh) * clouds
        else:
            add = (low_today_wh - today) * clouds
    elif good or season == "summer":
        add = 0.0
    elif season == "winter":
        add = low_today_wh - today
    else:
        add = (low_today_wh - today) * clouds
    return TopUp(max(0.0, add), today)


def with_period(memory: LoadMemory, settings: Guarantee, now: datetime) -> LoadMemory:
    """Return the memory, with a new period begun if the deadline has passed; missed ones are caught up."""
    if now.timestamp() < memory.period_ends:
        return memory
    ends = next_time(now, settings.by).timestamp()
    if not memory.period_ends:
        return replace(memory, period_ends=ends)
    return replace(
        memory, previous_wh=memory.period_wh * settings.correction, period_wh=0.0, period_s=0.0, period_ends=ends,
        due_wh=None, topped_wh=0.0, topping=False, planned_at=0.0,
    )  # fmt: skip


def missing_wh(
    memory: LoadMemory, settings: Guarantee, *, power_w: float, mode: int, cloud_pct: float | None, now: datetime
) -> tuple[float, LoadMemory]:
    """Return the energy still to be added before the deadline, in Wh."""
    if settings.minutes:
        return max(0.0, (settings.minutes * 60 - memory.period_s) * power_w / 3600), memory
    low_today, low_two_days = levels_wh(settings, now.date())
    if not low_two_days:
        open_thermostat = memory.full_since is not None
        return (0.0 if open_thermostat else max(0.0, low_today - memory.period_wh)), memory
    if memory.due_wh is None:
        if now.timestamp() < memory.period_ends - settings.check_h * 3600:
            return 0.0, memory
        top_up = top_up_wh(
            season=season(now.date(), settings.season_days), mode=mode, full=memory.full_since is not None,
            today_wh=memory.period_wh, yesterday_wh=memory.previous_wh,
            cloud_pct=100.0 if cloud_pct is None else cloud_pct,
            low_today_wh=low_today, low_two_days_wh=low_two_days, morning_wh=settings.morning_kwh * 1000,
            full_wh=settings.full_kwh * 1000, good_pct=settings.good_forecast_pct, correction=settings.correction,
        )  # fmt: skip
        counted_wh = max(memory.period_wh, settings.full_kwh * 1000 if memory.full_since is not None else 0.0)
        memory = replace(memory, due_wh=top_up.add_wh, topped_wh=0.0, period_wh=counted_wh)
    return max(0.0, (memory.due_wh or 0.0) - memory.topped_wh), memory


def runs_now(
    need_wh: float, power_w: float, now: datetime, deadline: datetime, price: Price | None, *, running: bool = False
) -> bool:
    """Return whether `need_wh` has to be taken now: the present slot is among the cheapest, latest ones that do.

    What is `running` gets a slot of grace, so that a load that is ahead of the estimate is not switched to and fro.
    """
    if need_wh < WORTH_WH or power_w <= 0:
        return False
    needed_s = need_wh / power_w * 3600 * LOSSES + (SLOT_S if running else 0)
    left_s = (deadline - now).total_seconds()
    if left_s <= needed_s:
        return True
    if price is None:
        return False
    present, slot = price(now), timedelta(seconds=SLOT_S)
    begins = now - timedelta(seconds=now.timestamp() % SLOT_S) + slot
    while begins < deadline:
        if price(begins) <= present:  # of equal prices the latest
            needed_s -= (min(begins + slot, deadline) - begins).total_seconds()
            if needed_s <= 0:
                return False
        begins += slot
    return True


def topping(
    memory: LoadMemory, settings: Guarantee, *, power_w: float, mode: int, cloud_pct: float | None,
    price: Price | None, now: datetime,
) -> LoadMemory:  # fmt: skip
    """Return the memory with `topping` set while the load must run for its guarantee; looked at once a minute."""
    memory = with_period(memory, settings, now)
    need_wh, memory = missing_wh(memory, settings, power_w=power_w, mode=mode, cloud_pct=cloud_pct, now=now)
    if need_wh < WORTH_WH:
        return replace(memory, topping=False) if memory.topping else memory
    t = now.timestamp()
    if 0 <= t - memory.planned_at < PLAN_EVERY_S:
        return memory
    deadline = datetime.fromtimestamp(memory.period_ends, now.tzinfo)
    due = runs_now(need_wh, power_w, now, deadline, price, running=memory.topping)
    return replace(memory, topping=due, planned_at=t)
