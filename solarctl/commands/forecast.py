"""`forecast`: what the panels will give, and what yesterday teaches about the service."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from solarctl.capabilities import SolarForecast, SolarMeter
from solarctl.cli_options import Finite, site_command
from solarctl.control.forecast import Memory, Sample, Settings, decide, expecting, learned, produced_wh
from solarctl.control.wall_clock import begins_at
from solarctl.errors import ConfigError, Problem
from solarctl.readings import ForecastReading
from solarctl.run import Run

NAME = "forecast"


@site_command(NAME, pausable=False)
@click.argument("name", required=False)
@click.option("--hours", type=Finite(0.25, 96), help="How far ahead [default: 48].")
@click.option("--slot", type=click.Choice(["5", "10", "15", "20", "30", "60"]), help="Minutes of a slot [default: 15].")
@click.option("--csv", "as_csv", is_flag=True, help="Print one line per slot: start, W, P10 and P90 where known.")
def command(run: Run, name: str | None, hours: float | None, slot: str | None, as_csv: bool) -> None:
    """Show what the panels will give, hour by hour.

    Run from cron once an hour it also learns from what was really produced.
    """
    settings = run.settings(Settings, NAME)
    name = name or settings.device or _the_plans(run, "forecast") or _only(run, SolarForecast)
    service = run.site.get(name, SolarForecast)
    slot_min = int(slot) if slot else settings.slot_min
    begins_s = int(run.now.timestamp()) // (slot_min * 60) * slot_min * 60
    start = datetime.fromtimestamp(begins_s, run.config.timezone)  # whole slots, the present one included
    end = start + timedelta(hours=hours or settings.hours)

    reading = run.read(name, lambda: service.read_production(start, end, slot_min=slot_min))
    if as_csv and reading is not None and not run.options.json:
        from solarctl.reporting.forecast_text import csv

        run.answer({}, csv(reading))
        return
    memory = run.memory(Memory)
    if reading is not None and run.what_if is None:
        memory = _learn(run, name, settings, service, memory)
    if reading is not None:
        _show(run, reading)
    run.conclude(decide(reading, memory, run.now))


def _show(run: Run, reading: ForecastReading) -> None:
    from solarctl.reporting.forecast_text import table

    run.say(table(reading))


def _learn(run: Run, name: str, settings: Settings, service: SolarForecast, memory: Memory) -> Memory:
    """Note what is expected of tomorrow, and compare yesterday with what was expected of it."""
    zone = run.config.timezone
    today = run.now.date()
    starts = [begins_at(today + timedelta(days=n), datetime.min.time(), zone) for n in (-1, 0, 1, 2)]
    tomorrow = service.read_production(starts[2], starts[3], slot_min=60)
    memory = expecting(memory, starts[2].date(), tomorrow)
    yesterday = starts[0].date()
    if yesterday.isoformat() not in memory.expected_wh or yesterday.isoformat() in memory.ratios:
        return memory
    meter = settings.solar or _the_plans(run, "solar") or _meter_with_history(run, starts[0], starts[1])
    if not meter:
        return memory
    rows = run.history.readings(meter, "solar", starts[0], starts[1])
    samples = [Sample(datetime.fromisoformat(row["at"]), row.get("solar_w"), row.get("energy_kwh")) for row in rows]
    produced = produced_wh(samples, starts[0], starts[1])
    if produced is None:
        return memory
    memory = learned(memory, yesterday, produced)
    stored = run.context.store.get("devices", name)
    run.context.store.put("devices", name, stored | {"correction": memory.correction})
    return memory


def _meter_with_history(run: Run, since: datetime, until: datetime) -> str:
    """Return the only device that has told its production on that day, or nothing."""
    found = {row["device"] for row in run.history.readings(None, "solar", since, until)}
    known = sorted(name for name in found if name in run.config.names("devices"))
    return known[0] if len(known) == 1 and run.site.offers(known[0], SolarMeter) else ""


def _the_plans(run: Run, key: str) -> str:
    found = run.config.find(f"plan.{key}")
    return found if isinstance(found, str) else ""


def _only(run: Run, capability: type) -> str:
    """Return the only device that offers `capability`; `ConfigError` when there is none, or a choice."""
    from solarctl.drivers import catalogue

    fitting = []
    for name in run.config.names("devices"):
        try:
            offered = catalogue.capabilities(str(run.config.entry("devices", name).get("driver")))
        except ConfigError:
            continue
        if capability in offered:
            fitting.append(name)
    if len(fitting) == 1:
        return fitting[0]
    message = f"say which one: {', '.join(fitting)}" if fitting else "there is no device that forecasts the sun"
    hint = 'Add device = "…".' if fitting else 'Add [devices.sun] with driver = "open-meteo-solar".'
    raise ConfigError([Problem(f"{NAME}.device", message, hint)])
