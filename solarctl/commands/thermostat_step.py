"""`thermostat-step`: battery, grid and thermostats while power is dear."""

from __future__ import annotations

from dataclasses import replace

from solarctl import holiday_dates
from solarctl.capabilities import BatteryMeter, GridMeter, Thermostat
from solarctl.cli_options import site_command
from solarctl.control import precool, tariff
from solarctl.control.setpoints import peaks_today
from solarctl.control.thermostat_step import Memory, Settings, decide, remember, wants_thermostats, window_of
from solarctl.run import Run


@site_command("thermostat-step")
def command(run: Run) -> None:
    """Let the house get warmer by degrees as the battery runs down while power is dear."""
    settings = run.settings(Settings)
    tables = run.settings(tariff.Settings, "tariff")
    dates = holiday_dates.known(tables, run.now, run.context.cache_dir, keep=not run.dry_run)
    peaks = peaks_today(tariff.Tariff(tables, run.config.timezone, dates), run.now)
    unit = run.config.site.temperature_unit
    meter = run.site.get(settings.battery, BatteryMeter)
    thermostats = {name: run.site.get(name, Thermostat) for name in settings.thermostats}
    connection = settings.grid or (settings.battery if run.site.offers(settings.battery, GridMeter) else "")
    grid_meter = run.site.get(connection, GridMeter) if connection else None

    memory = run.memory(Memory)
    still_there = {name: one for name, one in memory.touched.items() if name in run.config.names("devices")}
    memory = replace(memory, touched=still_there)
    battery = grid = None
    shown = {}
    if window_of(settings, run.now, peaks) is not None:
        battery = run.read(settings.battery, meter.read_battery)
        if grid_meter and settings.grid_warn_w > 0:
            grid = run.read(connection, grid_meter.read_grid)
    if wants_thermostats(battery, settings, memory, run.now, peaks, unit):
        for name in sorted({*settings.thermostats, *still_there}):
            one = thermostats.get(name) or run.site.get(name, Thermostat)
            shown[name] = run.read(name, one.read_thermostat)
    precooled = run.memory(precool.Memory, "precool")
    is_todays = precooled.until is not None and precooled.until.astimezone(run.config.timezone).date() == run.now.date()
    decision = decide(
        battery,
        grid,
        shown,
        settings,
        memory,
        run.now,
        peaks,
        precooled_from=precooled.saved if is_todays else None,
        unit=unit,
    )
    run.conclude(decision, remember=remember)
