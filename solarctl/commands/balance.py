"""balance: the loop that gives every surplus watt a place."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from solarctl.balancing.loop import Loop
from solarctl.balancing.telling import teller
from solarctl.cli_options import Run, site_command
from solarctl.control.balance_settings import Settings
from solarctl.errors import UsageError
from solarctl.forced import duration
from solarctl.options import Interrupted
from solarctl.output import is_terminal


@site_command("balance", lock=False, unhurried=True)
@click.option("--for", "for_", metavar="SECONDS", help="End after so long (58, 10m), and hand over; default: never.")
def command(run: Run, for_: str | None) -> None:
    """Give every surplus watt a place: loads by priority, over MQTT.

    Runs until it is stopped, best as a service. From cron, `--for 58` each minute hands over without a dip.
    """
    for_s = None
    if for_ is not None:
        try:
            for_s = duration(for_).total_seconds()
        except ValueError as error:
            raise UsageError(f"--for: {error}") from error
    settings = run.settings(Settings)
    live = run.on_text is not None and is_terminal(sys.stdout)
    with _hang_up_ends_it(), teller(run.out if live else None) as tell:
        Loop(run, settings, on_tick=tell).run_until(for_s)


for option in command.params:
    if isinstance(option, click.Option) and option.name == "json":
        option.help = "Print one JSON object per tick, each on a line of its own."


@contextmanager
def _hang_up_ends_it() -> Iterator[None]:
    """Have SIGHUP (the terminal is closed) end the loop as SIGTERM does."""
    before: Any = None
    with suppress(ValueError):  # not in the main thread: whoever started it stops it
        before = signal.signal(signal.SIGHUP, _hang_up)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGHUP, before)


def _hang_up(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
