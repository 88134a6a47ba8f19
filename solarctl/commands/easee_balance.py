"""`easee-balance`: a charger, the house's meter, and the home battery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import click

from solarctl.capabilities import BatteryMeter, Charger, GridMeter, PriceForecast
from solarctl.cli_options import site_command
from solarctl.control.departure import departure_at
from solarctl.control.easee_balance import Memory, Settings, decide, remember
from solarctl.errors import UsageError
from solarctl.forced import Forced, duration, read_forced
from solarctl.run import Run

SHORTEST_S = 5  # the original's period; still below the vendor's limits
USUAL_EVERY_S = 15
USUAL_FOR_S = 55


@site_command("easee-balance")
@click.option("--every", metavar="SECONDS", help="Decide again and again, this often (5 or more; 15 is a good choice).")
@click.option("--for", "for_", metavar="SECONDS", help="End after so long; with --every, 55 fits a cron line.")
def command(run: Run, every: str | None, for_: str | None) -> None:
    """Let the car draw what the sun leaves over.

    Once, or with --every 15 --for 55 four times within a minute of cron.
    """
    settings = run.settings(Settings)
    balance = _balance(run, settings)
    if every is None and for_ is None:
        balance()
        return
    every_s = _seconds("--every", every) if every is not None else USUAL_EVERY_S
    for_s = _seconds("--for", for_) if for_ is not None else USUAL_FOR_S
    if every_s < SHORTEST_S:
        raise UsageError(f"--every {every}: at least {SHORTEST_S} s, or Easee will refuse to answer")
    due_s = run.clock.monotonic()
    end_s = due_s + for_s
    while True:
        balance()
        due_s = max(due_s + every_s, run.clock.monotonic())
        if due_s > end_s:
            return
        run.clock.sleep(due_s - run.clock.monotonic())
        run.next_tick()


def _balance(run: Run, settings: Settings) -> Callable[[], None]:
    """Return one look at the house and what follows from it."""
    charger = run.site.get(settings.charger, Charger)
    meter = run.site.get(settings.grid, GridMeter)
    home_battery = run.site.get(settings.battery, BatteryMeter) if settings.battery else None
    price_at = _prices(run, settings)

    def balance() -> None:
        forced = read_forced(run.state.read(), run.now).get(settings.charger)
        car = run.read(settings.charger, charger.read_charger)
        grid = battery = None
        if car is not None and car.connected is not False and _needs_sun(settings, forced):
            grid = run.read(settings.grid, meter.read_grid)
            battery = run.read(settings.battery, home_battery.read_battery) if home_battery else None
        memory = run.memory(Memory)
        decision = decide(car, grid, battery, settings, memory, run.now, forced=forced, price_at=price_at)
        run.conclude(decision, remember=remember)

    return balance


def _needs_sun(settings: Settings, forced: Forced | None) -> bool:
    """Return whether the meter matters; a car that gets nothing needs none."""
    return ((forced.mode or "now") if forced else settings.mode) != "off"


def _prices(run: Run, settings: Settings) -> Callable[[datetime], float]:
    """Return what a kilowatt-hour costs at a moment; only a departure and a battery that gives want to know."""
    if settings.departure is None and settings.battery_gives is None:
        return lambda _moment: 0.0
    from solarctl import holiday_dates
    from solarctl.control import tariff

    tables = run.settings(tariff.Settings, "tariff")
    dates = holiday_dates.known(tables, run.now, run.context.cache_dir, keep=not run.dry_run)
    house_tariff = tariff.Tariff(tables, run.config.timezone, dates)
    market: dict[int, float] = {}
    if tables.prices:
        due = (
            run.now + timedelta(days=1) if settings.departure is None else departure_at(settings.departure.by, run.now)
        )
        service = run.site.get(tables.prices, PriceForecast)
        found = run.read(tables.prices, lambda: service.read_prices(run.now, due, slot_min=15))
        if found is not None and found.start is not None:
            for index, price in enumerate(found.prices):
                start = found.start + timedelta(minutes=index * found.slot_min)
                for quarter in range(0, found.slot_min, 15):
                    if price is not None:
                        market[int(start.timestamp()) // 900 + quarter // 15] = price
    return lambda moment: market.get(int(moment.timestamp()) // 900, house_tariff.price_at(moment).import_price)


def _seconds(option: str, text: str) -> float:
    try:
        return duration(text).total_seconds()
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
