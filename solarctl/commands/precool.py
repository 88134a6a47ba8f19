"""`precool`: battery, forecast and thermostats before the peak."""

from __future__ import annotations

from solarctl import holiday_dates
from solarctl.capabilities import BatteryMeter, Thermostat, WeatherForecast
from solarctl.cli_options import site_command
from solarctl.control import tariff
from solarctl.control.precool import ACTING, Memory, Settings, decide, hold_ends, judge, remember
from solarctl.control.setpoints import peaks_today
from solarctl.run import Run


@site_command("precool")
def command(run: Run) -> None:
    """Cool the house down before power becomes dear.

    When the battery is low or the day will be hot; with preheat = true, warm it up before a winter peak.
    """
    settings = run.settings(Settings)
    tables = run.settings(tariff.Settings, "tariff")
    dates = holiday_dates.known(tables, run.now, run.context.cache_dir, keep=not run.dry_run)
    peaks = peaks_today(tariff.Tariff(tables, run.config.timezone, dates), run.now)
    unit = run.config.site.temperature_unit
    meter = run.site.get(settings.battery, BatteryMeter) if settings.battery else None
    service = run.site.get(settings.weather, WeatherForecast) if settings.weather else None
    thermostats = {name: run.site.get(name, Thermostat) for name in settings.thermostats}

    battery = weather = None
    shown = {}
    if hold_ends(settings, run.now, peaks) is not None:
        battery = run.read(settings.battery, meter.read_battery) if meter else None
        weather = run.read(settings.weather, lambda: service.read_high(run.now.date())) if service else None
        if judge(battery, weather, settings, run.now, unit) in ACTING:
            shown = {name: run.read(name, one.read_thermostat) for name, one in thermostats.items()}
    decision = decide(battery, weather, shown, settings, run.memory(Memory), run.now, peaks, unit=unit)
    run.conclude(decision, remember=remember)
