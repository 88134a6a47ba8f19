"""`grid-guard`: a battery and the relay of the grid."""

from __future__ import annotations

from solarctl.capabilities import BatteryMeter, Switch
from solarctl.cli_options import site_command
from solarctl.control.grid_guard import Memory, Reason, Settings, decide, remember
from solarctl.run import Run


@site_command("grid-guard", supply_first=True)
def command(run: Run) -> None:
    """Bring the grid in while the battery is low."""
    settings = run.settings(Settings)
    meter = run.site.get(settings.battery, BatteryMeter)
    for relay in settings.switch:
        run.site.get(relay, Switch)

    battery = run.read(settings.battery, meter.read_battery)
    memory = run.memory(Memory)
    decision = decide(battery, settings, memory if run.bookkeeping_works else None, run.now)
    if decision.reason is Reason.BLIND:
        run.excuse_silence()
    run.conclude(decision, remember=remember)
