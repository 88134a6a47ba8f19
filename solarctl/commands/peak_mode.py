"""`peak-mode`: the tariff's peaks and the home battery's reserve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from solarctl import holiday_dates
from solarctl.capabilities import BatteryConditions, BatteryMode, BatteryReserve
from solarctl.cli_options import site_command
from solarctl.control import tariff
from solarctl.control.peak_mode import Memory, Settings, changes, decide, given_back, remember
from solarctl.control.peak_phase import due, knows_yesterday
from solarctl.decision import Action
from solarctl.errors import ConfigError, Problem
from solarctl.memory import encode
from solarctl.run import Run
from solarctl.value import replace

NAME = "peak-mode"


@site_command(NAME)
def command(run: Run) -> None:
    """Let the home battery feed the house while power is dear."""
    settings = run.settings(Settings)
    tables = run.settings(tariff.Settings, "tariff")
    later = (window for version in tables.versions for window in version.windows or ())
    if not any(window.peak for window in (*tables.windows, *later)):
        hint = "Add [[tariff.windows]] with from and to; see config.toml.example."
        raise ConfigError([Problem("tariff.windows", "there is no peak window, so peak-mode has nothing to do", hint)])
    dates = holiday_dates.known(tables, run.now, run.context.cache_dir, keep=not run.dry_run)
    prices = tariff.Tariff(tables, run.config.timezone, dates)
    battery = run.site.get(settings.battery, BatteryReserve)
    if settings.strategy == "mode":
        run.site.get(settings.battery, BatteryMode)

    reserve = run.read(settings.battery, battery.read_reserve)
    memory = run.memory(Memory)
    if settings.forecast and _is_time_to_look(memory, prices, settings, run.now):
        from solarctl.commands.peak_mode_outlook import looked_ahead

        memory = looked_ahead(run, settings, prices, memory)
    decision = decide(reserve, prices, settings, memory, run.now)
    if reserve is not None and changes(decision, reserve) and isinstance(battery, BatteryConditions):
        asked, found = battery, reserve
        complete = run.read(settings.battery, lambda: asked.read_conditions(found))
        decision = decide(complete, prices, settings, memory, run.now)
        if complete is None:
            known = f"{settings.battery} tells its {settings.strategy}, but not whether it is on the grid"
            decision = replace(decision, because=f"{known}. Nothing is changed.")
    run.conclude(decision, remember=remember)


def _is_time_to_look(memory: Memory, prices: tariff.Tariff, settings: Settings, now: datetime) -> bool:
    """Return whether the forecast, or yesterday, has something new to tell; most runs need nobody for that."""
    known = memory.learned
    return not knows_yesterday(known, now) or due(known.outlook, prices, settings, now) is not None


def release(run: Run) -> Sequence[Action]:
    """Return what gives the owner's former reserve or mode back, for a pause or when the crontab goes."""
    actions, memory = given_back(run.settings(Settings, NAME), run.memory(Memory, NAME))
    if not run.dry_run:
        with run.state.transaction() as state:
            state.setdefault("memory", {})[NAME] = encode(memory)
    return actions
