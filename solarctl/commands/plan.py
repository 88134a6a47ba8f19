"""`plan`: the sun that is foreseen, the prices, the battery's charge, and what the loads have already."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solarctl import plan_file
from solarctl.capabilities import BatteryMeter, GridMeter, SolarForecast, SolarMeter, Switch
from solarctl.cli_options import site_command
from solarctl.control import plan_base
from solarctl.control.forecast import CLEAR_SKY
from solarctl.control.plan import Foreseen, Memory, Reason, Settings, decide
from solarctl.control.plan_json import from_json, to_json
from solarctl.control.plan_settings import day_begins, day_of
from solarctl.control.plan_tasks import slots_from
from solarctl.control.plan_words import Booked, Plan, Watched
from solarctl.control.sun_seen import Expectation, as_seen, counted_on, faded, is_fresh
from solarctl.errors import DeviceError, StateError, UsageError
from solarctl.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solarctl.control.plan import Polish
    from solarctl.readings import BatteryReading

LARGEST_PX = 4000
SMALLEST_PX = (120, 80)  # of a panel on which its five elements can still be read


@site_command("plan", pausable=False)
@click.option("--svg", "svg_path", type=click.Path(path_type=Path, dir_okay=False), help="Draw the plan here.")
@click.option("--png", "png_size", metavar="WIDTHxHEIGHT", help="Draw it for an e-paper panel, in four greys.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Where --png goes [plan.png].")
def command(run: Run, svg_path: Path | None, png_size: str | None, output: Path | None) -> None:
    """Plan when each load runs: needs where they are cheapest, the rest on what would be exported."""
    size = _size(png_size)
    settings = run.settings(Settings)
    _check_devices(run, settings)
    starts = slots_from(run.now, settings)
    solar_w = _sun(run, settings, starts)
    battery = _battery(run, settings)
    memory = _learned(run, settings, run.memory(Memory), starts, solar_w)
    booked = run.memory(Booked, "apply")
    usual_w = plan_base.base_load(memory.base_w, starts, settings.slot_min, settings.base_load_w)
    found = Expectation(solar_w or (), usual_w)
    buy, sell = _prices(run, starts, settings.slot_min)
    if solar_w is not None:
        found = _seen_today(run, settings, found, starts, battery, booked, counted_on(settings, buy))
    told = solar_w or ()
    sun_w = None if solar_w is None else found.solar_w
    charge = _charge(battery, settings, run)
    seen = Foreseen(sun_w, found.base_w, buy, sell, charge, booked, _in_force(run), told, usual_w, _currency(run))

    decision, plan = decide(seen, settings, memory, run.now, _polish(settings))

    if not run.dry_run and decision.reason is not Reason.NO_READING:
        try:
            plan_file.write(run.state_dir, to_json(plan))
        except StateError as error:
            run.note(error)
    run.conclude(decision)
    from solarctl.reporting.plan_chart import chart

    whys = [f"  {name}: {why}" for name, why in plan.why.items()]
    run.answer({"plan": to_json(plan)}, "" if run.options.json else "\n".join([chart(plan), *whys]))
    _draw(run, settings, plan, booked, svg_path, size, output or Path("plan.png"))


def _check_devices(run: Run, settings: Settings) -> None:
    run.site.get(settings.grid, GridMeter)
    if settings.solar:
        run.site.get(settings.solar, SolarMeter)
    for load in settings.devices:
        run.site.get(load.device, Switch)


def _sun(run: Run, settings: Settings, starts: Sequence[datetime]) -> tuple[float, ...] | None:
    service = run.site.get(settings.forecast, SolarForecast)
    end = starts[-1] + timedelta(minutes=settings.slot_min)
    found = run.read(settings.forecast, lambda: service.read_production(starts[0], end, slot_min=settings.slot_min))
    if found is None or not found.solar_w:
        return None
    if found.source:
        run.answers["source"] = found.source
    if found.note:
        run.answers |= {"note": found.note, "age_s": round(max(0.0, found.age_s(run.now)))}
        is_guess = found.source == CLEAR_SKY
        run.say(
            f"The sun is a guess: {found.note}." if is_guess else f"{found.note}; its word of {found.at:%H:%M} stands."
        )
    behind = round((starts[0] - found.start).total_seconds() / 60 / found.slot_min)
    solar = [max(0.0, watts) for watts in found.solar_w[max(0, behind) :]]
    if found.slot_min != settings.slot_min:
        scale = found.slot_min / settings.slot_min
        solar = [solar[min(len(solar) - 1, int(t / scale))] for t in range(len(starts))]
    return tuple((solar + [0.0] * len(starts))[: len(starts)])


def _battery(run: Run, settings: Settings) -> BatteryReading | None:
    if not settings.battery:
        return None
    return run.read(settings.battery, run.site.get(settings.battery, BatteryMeter).read_battery)


def _charge(battery: BatteryReading | None, settings: Settings, run: Run) -> float | None:
    if battery is None or battery.soc_pct is None or not 0 <= battery.soc_pct <= 100:
        return None
    if not battery.is_fresh(run.now, settings.max_age_min):
        return None
    return battery.soc_pct / 100 * settings.battery_capacity_kwh


def _seen_today(
    run: Run,
    settings: Settings,
    told: Expectation,
    starts: Sequence[datetime],
    battery: BatteryReading | None,
    booked: Booked,
    counted: float,
) -> Expectation:
    """Return sun and base load after what `apply` has seen today; without it after a look at the meter now."""
    sun = Watched() if run.what_if else booked.sun
    found = as_seen(told.solar_w, told.base_w, starts, settings.slot_min, sun, run.now, counted=counted)
    if run.what_if or is_fresh(booked.sun, run.now):
        return found
    grid = run.read(settings.grid, run.site.get(settings.grid, GridMeter).read_grid)
    if grid is None or not grid.is_fresh(run.now, settings.max_age_min):
        return found
    known = all(booked.on.get(load.device) is False for load in settings.devices)
    if not known or (settings.battery and (battery is None or battery.battery_w is None)):
        return found
    surplus_w = -grid.grid_w - ((battery.battery_w or 0.0) if battery else 0.0)
    return faded(found.solar_w, found.base_w, surplus_w, settings.slot_min)


def _prices(run: Run, starts: Sequence[datetime], slot_min: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what a kWh costs and earns in each slot: the market's price where it is known, else the tariff's."""
    from solarctl import holiday_dates
    from solarctl.capabilities import PriceForecast
    from solarctl.control import tariff

    tables = run.settings(tariff.Settings, "tariff")
    folder = run.context.cache_dir
    dates = holiday_dates.known(tables, run.now, folder, keep=not run.dry_run) if tables.windows else frozenset()
    house = tariff.Tariff(tables, run.config.timezone, dates)
    prices = [house.price_at(start) for start in starts]
    buy = [price.import_price for price in prices]
    if tables.prices:
        market = run.site.get(tables.prices, PriceForecast)
        end = starts[-1] + timedelta(minutes=slot_min)
        found = run.read(tables.prices, lambda: market.read_prices(starts[0], end, slot_min=slot_min))
        if found is not None and found.start is not None:
            for t, start in enumerate(starts):
                index = int((start - found.start) // timedelta(minutes=found.slot_min))
                known = found.prices[index] if 0 <= index < len(found.prices) else None
                buy[t] = buy[t] if known is None else known
    return tuple(buy), tuple(price.export_price for price in prices)


def _currency(run: Run) -> str:
    """Return what the tariff's prices are in; nothing where there is no tariff to say so."""
    found = run.config.find("tariff.currency")
    return found if isinstance(found, str) else "USD" if run.config.find("tariff") is not None else ""


def _learned(
    run: Run, settings: Settings, memory: Memory, starts: Sequence[datetime], solar_w: tuple[float, ...] | None
) -> Memory:
    """Return what is known of the house's own load, yesterday included; history is read once a day."""
    if run.what_if:
        return memory
    days = plan_base.days_to_learn(memory.learned_until, run.now.date())
    if not days:
        return memory
    roles = {(settings.grid, "grid", "grid_w"): 1}
    if settings.battery:
        roles[settings.battery, "battery", "battery_w"] = 1
    if settings.solar:
        roles[settings.solar, "solar", "solar_w"] = 1
    roles |= {(load.device, "switch", "power_w"): -1 for load in settings.devices}
    dark = None if settings.solar else plan_base.dark_quarters(starts, solar_w or ())
    profiles = dict(memory.base_w)
    for day in days:
        begin = datetime.combine(day, datetime.min.time(), run.config.timezone)
        try:
            rows = run.history.readings(since=begin, until=begin + timedelta(days=1))
        except StateError as error:
            run.warn(f"the house's own load was not learned: {error}")
            return memory
        rows = [plan_base.with_power(row, settings.devices) for row in rows]
        found = plan_base.quarters(rows, roles)
        if dark is not None:
            found = [watts if quarter in dark else None for quarter, watts in enumerate(found)]
        if any(watts is not None for watts in found):
            name = plan_base.kind(day)
            profiles[name] = plan_base.learned(profiles.get(name, plan_base.Profile()), found)
    return replace(memory, learned_until=days[-1], base_w=profiles)


def _in_force(run: Run) -> Plan | None:
    try:
        found = plan_file.read(run.state_dir)
    except StateError as error:
        run.note(error)
        return None
    return from_json(found) if found else None


def _polish(settings: Settings) -> Polish | None:
    if settings.polish_s <= 0 or settings.strategy != "best":
        return None
    import importlib.util

    if importlib.util.find_spec("highspy") is None:
        return None
    from solarctl.control.plan_highs import polisher
    from solarctl.side_by_side import side_by_side

    return polisher(settings.polish_s, side_by_side)


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    wide, _x, high = text.lower().partition("x")
    least_wide, least_high = SMALLEST_PX
    if not (wide.isdecimal() and high.isdecimal()) or not (
        least_wide <= int(wide) <= LARGEST_PX and least_high <= int(high) <= LARGEST_PX
    ):
        raise UsageError(
            f"--png takes WIDTHxHEIGHT in pixels, not {text!r}",
            hint=f"From {least_wide}x{least_high} to {LARGEST_PX}x{LARGEST_PX}: 400x300.",
        )
    return int(wide), int(high)


def _told_of_the_day(run: Run, settings: Settings, begin: datetime) -> tuple[float, ...] | None:
    """Return the forecast of the day of needs, its hours that are over included; None where they are not known."""
    service = run.site.get(settings.forecast, SolarForecast)
    try:
        found = service.read_production(begin, begin + timedelta(days=1), slot_min=settings.slot_min)
    except DeviceError:
        return None
    whole = found.slot_min == settings.slot_min and len(found.solar_w) >= timedelta(days=1) / timedelta(
        minutes=settings.slot_min
    )
    return found.solar_w if whole and found.start == begin and not found.guessed else None


def _draw(
    run: Run,
    settings: Settings,
    plan: Plan,
    booked: Booked,
    svg_path: Path | None,
    size: tuple[int, int] | None,
    png_path: Path,
) -> None:
    files: dict[Path, bytes] = {}
    if svg_path is not None:
        from solarctl.reporting.plan_svg import svg

        files[svg_path] = svg(plan).encode()
    if size is not None:
        from solarctl.reporting.plan_panel import draw
        from solarctl.reporting.plan_view import view_of

        day = day_of(run.now, settings.day_start)
        begin = day_begins(day, settings.day_start, run.config.timezone)
        rows = run.history.readings(since=begin, until=run.now)
        stored = booked.stored_kwh if booked.day == day else {}
        pct = {load.device: 100 * stored.get(load.device, 0.0) / load.capacity_kwh for load in settings.devices}
        told_w = _told_of_the_day(run, settings, begin)
        files[png_path] = draw(view_of(plan, begin, rows, settings.grid, settings.battery, pct, told_w), *size)
    for path, content in files.items():
        try:
            path.write_bytes(content)
        except OSError as error:
            run.note(StateError(f"{path} could not be written: {error.strerror}"))
        else:
            run.say(f"Drawn: {path}")
