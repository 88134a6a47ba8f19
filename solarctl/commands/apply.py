"""`apply`: the planned loads' sockets, the meter, the battery, and the plan."""

from __future__ import annotations

from collections.abc import Callable

from solarctl.capabilities import BatteryMeter, BatteryPermissions, GridMeter, Switch
from solarctl.cli_options import site_command
from solarctl.control import plan_settings
from solarctl.control.apply import House, Memory, Settings, decide, remember
from solarctl.forced import read_forced
from solarctl.reading_together import read_together
from solarctl.readings import BatteryReading, GridReading, Reading, SwitchReading
from solarctl.run import Run

NAME = "apply"


@site_command(NAME)
def command(run: Run) -> None:
    """Switch the planned devices: by the plan and by the sun that is really there.

    For cron, every minute. One dead device never stops the others.
    """
    from solarctl import plan_file
    from solarctl.control import plan_json

    settings = run.settings(plan_settings.Settings, "plan", required=True)
    options = run.settings(Settings, NAME)
    questions: dict[str, list[Callable[[], Reading]]] = {}
    for load in settings.devices:
        questions.setdefault(load.device, []).append(run.site.get(load.device, Switch).read_switch)
    questions.setdefault(settings.grid, []).append(run.site.get(settings.grid, GridMeter).read_grid)
    if settings.battery:
        questions.setdefault(settings.battery, []).append(run.site.get(settings.battery, BatteryMeter).read_battery)
    if settings.command_battery:
        run.site.get(settings.grid, BatteryPermissions)
    found = plan_file.read(run.state_dir)
    memory = run.memory(Memory)

    answers = [(name, one) for name, said in read_together(run, questions).items() for one in said]
    house = House(
        grid=next((one for _name, one in answers if isinstance(one, GridReading)), None),
        battery=next((one for _name, one in answers if isinstance(one, BatteryReading)), None),
        switches={name: one for name, one in answers if isinstance(one, SwitchReading)},
        forced=read_forced(run.state.read(), run.now),
    )
    plan = plan_json.from_json(found) if found else None
    run.conclude(decide(house, plan, settings, options, memory, run.now), remember=remember)
