"""What a person sees of the loop: a line when something changed in a pipe, a live table at a terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TextIO

from solarctl.control.balance_allocation import Why
from solarctl.control.balance_words import WORDS
from solarctl.errors import spelt_out

if TYPE_CHECKING:
    from rich.table import Table

    from solarctl.balancing.loop import Loop

LINE_EVERY_S = 300.0


class Lines:
    """Prints a sentence when a load goes on or off, or for another reason, and every five minutes."""

    def __init__(self) -> None:
        self._told: object = None
        self._told_s = -1e9

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, loop: Loop) -> None:
        row = loop.row
        state = (row["reason"], [(load["device"], load["on"], load["reason"]) for load in row["loads"]])
        now_s = loop.run.clock.monotonic()
        if loop.run.on_text is None or (state == self._told and now_s - self._told_s < LINE_EVERY_S):
            return
        self._told, self._told_s = state, now_s
        loop.run.on_text(f"{row['at'][11:19]} {row['because']}")


class Live:
    """A table that is renewed with each tick."""

    def __init__(self, terminal: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._live = RichLive(console=Console(file=terminal), auto_refresh=False)

    def __enter__(self) -> Live:
        self._live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._live.__exit__(*error)

    def __call__(self, loop: Loop) -> None:
        self._live.update(table_of(loop.status, loop.row), refresh=True)


def teller(terminal: TextIO | None) -> AbstractContextManager[Any]:
    """Return what is told of each tick."""
    return Live(terminal) if terminal is not None else Lines()


def table_of(status: dict[str, Any], row: dict[str, Any]) -> Table:
    """Return the meters, each load's power and reason, and the day's energies as a table."""
    from rich.table import Table
    from rich.text import Text

    house = f"sun {_watts(status['power_production'])} · house {_watts(status['power_house'])}"
    grid = f"grid {_watts(status['grid'])} in, {_watts(-status['injection'] if status['injection'] else 0)} out"
    title = f"{status['date_str'][11:]}  {house} · {grid}"
    table = Table(title=Text(title), caption=Text(spelt_out(row["because"])), expand=True)
    for name, justify in (("load", "left"), ("now", "right"), ("told", "right"), ("why", "left"), ("today", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for load in status["equipments"]:
        word = WORDS[Why(load["reason"])] or load["reason"].replace("-", " ")
        energy = f"{'≈ ' if load['estimated'] else ''}{load['energy'] / 1000:.2f} kWh"
        told = _watts(load["set_power"]) if load["on"] else "off"
        table.add_row(Text(spelt_out(load["name"])), _watts(load["current_power"]), told, word, energy)
    sums = (status["production_energy"], status["import_energy"], status["export_energy"])
    table.add_section()
    table.add_row("day", "", "", "sun {:.2f} · in {:.2f} · out {:.2f} kWh".format(*(one / 1000 for one in sums)), "")
    return table


def _watts(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f} W"


__all__ = ["Lines", "Live", "table_of", "teller"]
