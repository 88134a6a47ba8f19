"""The Python Solar Energy Balancer in a simulated house, to compare `balance` with; written from its description.

    need = house − (sun − margin)
    need > 0            take it away, last load first; a relay falls for the first missing watt
    less than 20 W more leave it
    more                give it, first load first; a relay comes on when its whole rating is left

It corrects what it has commanded, not what is drawn. A metered load that draws nothing is full until 6 o'clock. At one
o'clock the first load with a guarantee is forced for what the day lacks. Played until it settles, as often as it
would evaluate in a minute.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from solarctl.control import guarantee
from solarctl.control.balance_settings import LoadSettings, Settings
from solarctl.control.guarantee import LOSSES, levels_wh, season, top_up_wh
from solarctl.simulation.seats import Tally
from solarctl.simulation.simulated_house import Simulated
from solarctl.simulation.simulated_loads import Heater

EVALUATIONS = 24  # one each 2.5 s
MARGIN_W = THRESHOLD_W = 20.0
MIN_POWER_W = 101.0
CHECK_H, BEGIN_H = 1, 6
TWO_DAYS = 1.7  # of a day's level, where the config tells none for two days
CLOUDS_PCT = 100.0  # what it takes where it knows of no forecast


class _Load:
    """A dimmer or a relay as the balancer sees it."""

    def __init__(self, settings: LoadSettings, heater: Heater, steps_w: tuple[float, ...]) -> None:
        self.settings, self.heater, self.steps_w = settings, heater, steps_w
        self.power_w = 0.0  # commanded
        self.full = False
        self.forced_until_s = 0.0
        self.day_wh = self.day_before_wh = 0.0

    def decrease(self, watts: float) -> float:
        before = self.power_w
        rest = max(0.0, before - watts) if self.steps_w else 0.0
        self.power_w = rest if rest >= MIN_POWER_W else 0.0
        return before - self.power_w

    def increase(self, watts: float) -> float:
        """Take from `watts` what it can, and return what is left."""
        most_w = self.heater.full_w
        if not self.steps_w:
            if self.power_w or watts < most_w:
                return watts
            self.power_w = most_w
            return watts - most_w
        wanted = min(most_w, self.power_w + watts)
        if wanted < MIN_POWER_W:
            return watts
        watts -= wanted - self.power_w
        self.power_w = wanted
        return watts

    def set_w(self) -> float:
        """Return what reaches the heater: a dimmer cuts the fraction of its percent off."""
        return self.steps_w[bisect_right(self.steps_w, self.power_w) - 1] if self.steps_w else self.power_w

    def drawn_w(self) -> float:
        """Return what it would draw as commanded."""
        water = self.heater.water
        return 0.0 if water is not None and water.tank.open else self.set_w()


class SeedBalanceSeat:
    """Two unsigned meters, loads in order of priority."""

    command = "balance"

    def __init__(self, settings: Settings, simulated: Simulated) -> None:
        assert simulated.wired is not None
        self.house = simulated.house
        heaters, steps_w = simulated.wired.heaters, simulated.wired.steps_w
        self.loads = [
            _Load(one, heaters[one.device], steps_w.get(one.device, ()))
            for one in settings.loads
            if one.device in heaters
        ]
        self.tally = Tally()

    def look(self, now: datetime) -> None:
        t = now.timestamp()
        if now.minute == 0 and now.hour == BEGIN_H:
            for load in self.loads:
                load.full = False
        if now.minute == 0 and now.hour == CHECK_H:
            self._guarantee(now)
        for load in self.loads:
            load.day_wh += load.power_w / 60
            if load.settings.meter and load.power_w >= MIN_POWER_W and load.heater.power_w < 5:
                load.full, load.power_w = True, 0.0
        before = [load.heater.set_w for load in self.loads]
        reason = "surplus"
        for _ in range(EVALUATIONS):
            told = [load.power_w for load in self.loads]
            self._evaluate(t)
            if told == [load.power_w for load in self.loads]:
                break
        for load in self.loads:
            load.heater.set_w = (
                load.steps_w[bisect_right(load.steps_w, load.power_w) - 1] if load.steps_w else load.power_w
            )
        if any(load.forced_until_s > t for load in self.loads):
            reason = "forced"
        elif not any(load.power_w for load in self.loads):
            reason = "no-surplus"
        self.tally.runs += 1
        self.tally.reasons[reason] += 1
        self.tally.writes += sum(a != load.heater.set_w for a, load in zip(before, self.loads, strict=True))

    def _evaluate(self, t: float) -> None:
        sun_w, household_w = self.house.ahead()
        ours = {id(load.heater) for load in self.loads}
        others_w = sum(part.power_w for part in self.house.parts if id(part) not in ours)
        house_w = household_w + others_w + sum(load.drawn_w() for load in self.loads)
        free = [load for load in self.loads if not load.full and load.forced_until_s <= t]
        need_w = house_w - (sun_w - MARGIN_W)
        if need_w > 0:
            for load in reversed(free):
                need_w -= load.decrease(need_w)
                if need_w <= 0:
                    return
        elif -need_w >= THRESHOLD_W:
            left_w = -need_w
            for load in free:
                left_w = load.increase(left_w)

    def _guarantee(self, now: datetime) -> None:
        for load in self.loads:
            wish = load.settings.guarantee
            if wish is None or not wish.kwh:
                continue
            today_wh = load.day_wh
            level_wh, two_days_wh = levels_wh(wish, now.date())
            found = top_up_wh(
                season=season(now.date(), wish.season_days),
                mode=guarantee.SUN_MODE,
                full=load.full,
                today_wh=today_wh,
                yesterday_wh=load.day_before_wh,
                cloud_pct=CLOUDS_PCT,
                low_today_wh=level_wh,
                low_two_days_wh=two_days_wh or TWO_DAYS * level_wh,
                morning_wh=wish.morning_kwh * 1000,
                full_wh=wish.full_kwh * 1000,
                good_pct=wish.good_forecast_pct,
                correction=wish.correction,
            )
            load.day_before_wh, load.day_wh = found.today_wh + found.add_wh, 0.0
            if found.add_wh > 0:
                load.power_w = load.heater.full_w
                load.forced_until_s = now.timestamp() + 3600 * found.add_wh / load.heater.full_w * LOSSES
            return
