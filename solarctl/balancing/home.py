"""What the loop works with: the meters and loads of the config, opened, and the broker they share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from solarctl.balancing.actuators import Actuator
from solarctl.balancing.feeds import Feed
from solarctl.capabilities import BatteryMeter, DeviceMeter, GridMeter, LoadMeter, SolarMeter, Thermometer
from solarctl.control import tariff
from solarctl.control.balance import Battery, Load, Meters, Sample, Settings
from solarctl.control.guarantee import Price
from solarctl.errors import SolarctlError
from solarctl.readings import Reading
from solarctl.run import Run

TEMPERATURE_FRESH = timedelta(minutes=10)


class Home:
    """Meters and loads of one `[balance]`."""

    def __init__(self, run: Run, settings: Settings, bell: Callable[[], None]) -> None:
        self.settings = settings
        self._run = run
        self.meters = {
            what: self._feed(name, what, kind, bell)
            for what, name, kind in (
                ("load", "" if settings.grid else settings.load, LoadMeter),
                ("solar", settings.solar, SolarMeter),
                ("grid", settings.grid, GridMeter),
                ("battery", settings.battery, BatteryMeter),
            )
            if name
        }
        self.load_meters = {
            one.device: self._feed(one.meter, "device", DeviceMeter, bell) for one in settings.loads if one.meter
        }
        self.thermometers = {
            one.device: self._feed(one.thermometer, "temperature", Thermometer, bell)
            for one in settings.loads
            if one.thermometer
        }
        self.actuators = {one.device: Actuator(one, run.site.device(one.device), run.clock) for one in settings.loads}
        self._steps = {name: actuator.steps_w() for name, actuator in self.actuators.items()}

    def _feed(self, name: str, what: str, kind: type, bell: Callable[[], None]) -> Feed:
        device: Any = self._run.site.get(name, kind)
        return Feed(name, device, what, clock=self._run.clock, poll_s=self.settings.poll_s, bell=bell)

    # --- life

    @property
    def feeds(self) -> list[Feed]:
        return [*self.meters.values(), *self.load_meters.values(), *self.thermometers.values()]

    def brokers(self) -> list[Any]:
        """Return the brokers that meters, loads and topics use, the one for the topics first."""
        wanted = [self._run.site.account(self.settings.broker).broker()] if self.settings.broker else []
        wanted += [one.broker for one in self.actuators.values() if one.broker is not None]
        wanted += [feed.broker for feed in self.feeds if feed.broker is not None]
        return list(dict.fromkeys(wanted))

    def start(self) -> None:
        for feed in self.feeds:
            feed.start()

    def stop(self) -> None:
        for feed in self.feeds:
            feed.stop()
        for actuator in self.actuators.values():
            actuator.stop()

    # --- looking

    def look(self, as_of: datetime | None = None) -> Meters:
        """Return the newest values; with `as_of` they count as of that moment (`--now`)."""
        samples = {what: feed.sample() for what, feed in self.meters.items()}
        if as_of is not None:
            t = as_of.timestamp()
            samples = {what: one and Sample(one.power_w, t) for what, one in samples.items()}
        battery = None
        found = samples.get("battery")
        if found is not None:
            battery = Battery(self.meters["battery"].soc_pct, found.power_w, found.at)
        phases = self.meters["grid"].phases_w if "grid" in self.meters else ()
        return Meters(samples.get("load"), samples.get("solar"), samples.get("grid"), battery, phases)

    def loads(self, manual: Callable[[str], Any], now: datetime) -> list[Load]:
        """Return the loads as they are at this tick."""
        return [
            Load(
                one,
                self._steps[one.device],
                self.load_meters[one.device].sample() if one.device in self.load_meters else None,
                self._temperature(one.device, now),
                manual(one.device),
                self.actuators[one.device].reachable,
            )
            for one in self.settings.loads
        ]

    def full_w(self) -> dict[str, float]:
        """Return each load's full power, as far as is known."""
        rated = {one.device: one.power_w for one in self.settings.loads}
        return {name: steps[-1] if steps else rated[name] for name, steps in self._steps.items()}

    def readings(self) -> list[tuple[str, Reading]]:
        """Return what all meters said last."""
        found = [(feed.name, feed.reading()) for feed in self.feeds]
        return [(name, reading) for name, reading in found if reading is not None]

    def errors(self) -> list[SolarctlError]:
        """Return what is wrong now."""
        found = [feed.error for feed in self.feeds] + [one.error for one in self.actuators.values()]
        return [error for error in found if error is not None]

    def ignored(self) -> int:
        """Return how many payloads of meters could not be read."""
        return sum(feed.ignored for feed in self.feeds)

    def _temperature(self, device: str, now: datetime) -> float | None:
        feed = self.thermometers.get(device)
        sample = feed.sample() if feed is not None else None
        fresh = sample is not None and now.timestamp() - sample.at <= TEMPERATURE_FRESH.total_seconds()
        return sample.power_w if sample is not None and fresh else None


def price_of(run: Run, settings: Settings) -> Price | None:
    """Return the tariff's import price by moment, when a guarantee needs it and the tariff has windows."""
    if not any(load.guarantee for load in settings.loads):
        return None
    from solarctl import holiday_dates

    tables = run.settings(tariff.Settings, "tariff")
    if not tables.windows:
        return None
    dates = holiday_dates.known(tables, run.now, run.context.cache_dir, keep=not run.dry_run)
    house = tariff.Tariff(tables, run.config.timezone, dates)
    return lambda moment: house.price_at(moment).import_price


def clouds_of(run: Run, settings: Settings, device: Any) -> float | None:
    """Return the mean cloud cover of the coming solar day, 9 to 15 o'clock, in %; None when nobody knows."""
    now = run.now
    day = now.date() if now.hour < 12 else now.date() + timedelta(days=1)
    with suppress(SolarctlError):
        hours = device.read_high(day).cloud_pct
        if hours and len(hours) >= 16:
            return float(sum(hours[9:16]) / 7)
    return None
