"""A virtual home that lives in real time, so that every command can be tried by hand, or by a real cron."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import click

from solarctl.simulation.demo_folder import new_mails
from solarctl.simulation.plain_view import watts
from solarctl.virtualhome.chaos import Chaos
from solarctl.virtualhome.clock import HouseClock
from solarctl.virtualhome.scenario import Home, Scenario, Seed

TICK_S = 1.0
LOOK_EVERY_S = 60


def serve(
    scenario: Scenario, seed: Seed, folder: Path, furnish: Callable[[Path, Home], Path], out: TextIO, *, chaos: bool
) -> int:
    """Let the home live until somebody ends it; say where its config is and what may be tried."""
    clock = HouseClock()
    now = clock.now().astimezone(scenario.start.tzinfo)
    with scenario.open(clock, seed, start=now) as home:
        scenario.before_serving(home.house)
        config = furnish(folder, home)
        for line in _invitation(home, config, folder / "state"):
            click.echo(line, file=out)
        out.flush()
        upsets = Chaos(home.emulators if chaos else (), now, now + timedelta(days=1), seed)
        ticks = 0
        kept: set[Path] = set()
        while True:
            home.catch_up()
            for trouble in upsets.move_to(clock.now())[0]:
                click.echo(f"{trouble.emulator.name}: {trouble.text}", file=out)
            if ticks % round(LOOK_EVERY_S / TICK_S) == 0:
                click.echo(_look(home), file=out)
                out.flush()
            for path in new_mails(folder, home, kept):
                kept.add(path)
                click.echo(f"{home.house.now.astimezone(home.house.timezone):%H:%M}  a mail: {path}", file=out)
                out.flush()
            ticks += 1
            clock.sleep(TICK_S)


def _invitation(home: Home, config: Path, state: Path) -> list[str]:
    return [
        "The virtual home lives, by the real time. In another terminal:",
        "",
        f"    export SOLARCTL_CONFIG={shlex.quote(str(config))}",
        f"    export SOLARCTL_STATE_DIR={shlex.quote(str(state))}",
        *(f"    {line}" for line in home.scenario.try_this),
        "",
        "or let your cron run it: solarctl crontab install, and solarctl crontab remove in the end.",
        'To try how a config is written: solarctl setup --import "$SOLARCTL_CONFIG" -c ./mine/config.toml',
        "Each mail is left as a file beside config.toml. Ctrl-C ends it.",
    ]


def _look(home: Home) -> str:
    house = home.house
    soc = "" if house.soc_pct is None else f"  battery {house.soc_pct:.0f} %"
    gauges = "".join(f"  {heading} {text(home)}" for heading, text in home.scenario.gauges)
    dark = "  DARK" if house.dark else ""
    at = f"{house.now.astimezone(house.timezone):%H:%M}"
    used = f"house {watts(house.load_w)}  grid {watts(house.grid_w)}"
    return f"{at}  sun {watts(house.solar_w + house.curtailed_w)}{soc}  {used}{gauges}{dark}"
