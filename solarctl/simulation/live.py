"""A demo's day at a terminal: the sun's curve, the battery, the relay, and the last decisions, as they fall."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from solarctl.simulation.demo import Day, Ran
from solarctl.simulation.opening import opening
from solarctl.simulation.plain_view import actions, is_news, letter, sentence, watts
from solarctl.simulation.summary import remarks, table, title, verdict
from solarctl.virtualhome.chaos import Trouble
from solarctl.virtualhome.scenario import Home, Seed

BLOCKS = " ▁▂▃▄▅▆▇█"
FRAME_S = 0.25  # of real time between two pictures; a recorded terminal keeps every one of them
LINES = 9  # decisions on show
LABEL = 9
VALUE, LONG_VALUE = 14, 20  # the present value, with its margin


class LiveView:
    """A picture that is drawn anew as the day passes, and a summary that stays."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False)
        self._size(VALUE)
        self._bad: set[int] = set()
        self._events: deque[Text] = deque(maxlen=LINES)
        self._on: dict[int, Trouble] = {}
        self._last: dict[str, object] = {}
        self._drawn_at = 0.0
        self._live: Live | None = None
        self._letters: list[str] = []  # mails as they arrived, shown when the day is over

    def _size(self, value: int) -> None:
        """Leave so many characters to the right of the curves."""
        self._width = max(24, min(96, self._console.width - LABEL - value))
        self._columns: list[Ran | None] = [None] * self._width

    def opened(self, home: Home, seed: Seed) -> None:
        scenario = home.scenario
        self._size(VALUE if len(scenario.gauges) < 2 else LONG_VALUE)
        self._start, self._hours = scenario.start, scenario.hours
        self._headings = [heading for heading, _text in scenario.gauges]
        self._most_w = max(2000.0, home.house.solar.peak_kw * 800 if home.house.solar else 0.0)
        self._most_used_w = max(3500.0, self._most_w)
        self._title = f"solarctl demo: {scenario.name}, seed {seed}"
        for line in opening(home, self._console.width):
            self._console.print(line, style="" if line.startswith(" ") else "bold")
        self._console.print()
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._live.start()

    def ran(self, ran: Ran) -> None:
        column = self._column(ran.at)
        before = self._columns[column]
        if before is None or not (before.dark or (before.acted and before.gauges != ran.gauges)):
            self._columns[column] = ran
        if is_news(ran, self._last):
            self._events.append(_event(ran))
        self._letters += letter(ran)
        if time.monotonic() - self._drawn_at >= FRAME_S:
            self._draw(ran)

    def upset(self, at: datetime, trouble: Trouble, *, began: bool) -> None:
        words = (
            f"!! {trouble.emulator.name}: {trouble.text}"
            if began
            else f".. {trouble.emulator.name}: over ({trouble.text})"
        )
        self._events.append(_line(at, (words, "magenta")))
        if began:
            for column in range(self._column(trouble.start), self._column(trouble.end) + 1):
                self._bad.add(column)

    def closed(self, day: Day) -> None:
        last = next(ran for ran in reversed(self._columns) if ran is not None)
        self._draw(last)
        self.ended()
        for line in self._letters:
            self._console.print(line, markup=False)
        self._console.print()
        self._console.print(_figures(day))
        self._console.print(verdict(day), style="bold red" if day.preventable_min else "bold green")
        self._console.print()
        for line in remarks(day):
            self._console.print(line, style="dim")

    def ended(self) -> None:
        if self._live is not None:
            self._live.stop()  # gives the cursor back

    def _column(self, at: datetime) -> int:
        passed_h = (at - self._start).total_seconds() / 3600
        return max(0, min(self._width - 1, int(passed_h / self._hours * self._width)))

    def _draw(self, ran: Ran) -> None:
        self._drawn_at = time.monotonic()
        if self._live is not None:
            self._live.update(self._picture(ran), refresh=True)

    def _picture(self, ran: Ran) -> Group:
        lines = [
            self._curve("sun", watts(ran.sun_w), lambda r: (r.sun_w / self._most_w, "yellow")),
            self._curve(
                "house", "DARK" if ran.dark else watts(ran.load_w), lambda r: (r.load_w / self._most_used_w, "cyan")
            ),
            self._curve("battery", "" if ran.soc_pct is None else f"{ran.soc_pct:.0f} %", self._battery),
            self._curve("grid", watts(ran.grid_w), lambda r: (r.grid_w / self._most_used_w, "red")),
        ]
        for index, heading in enumerate(self._headings):
            lines.append(self._marks(heading, ran.gauges[index], index))
        if self._bad:
            bad = "".join("▬" if column in self._bad else " " for column in range(self._column(ran.at) + 1))
            lines.append(Text.assemble(("trouble".ljust(LABEL), "bold"), (bad, "magenta")))
        chart = Panel(Group(*lines, self._hours_line()), title=f"{self._title}   {ran.at:%H:%M}", title_align="left")
        return Group(chart, *self._events)

    def _curve(self, label: str, value: str, height: Callable[[Ran], tuple[float, str]]) -> Text:
        text = Text(label.ljust(LABEL), style="bold")
        for column in self._columns:
            if column is None:
                text.append(" ")
            elif column.dark and label == "house":
                text.append("█", style="bold white on red")
            else:
                share, colour = height(column)
                text.append(BLOCKS[max(0, min(8, round(share * 8)))], style=colour)
        return text.append(f"  {value}", style="bold")

    def _battery(self, ran: Ran) -> tuple[float, str]:
        soc = ran.soc_pct or 0.0
        return max(0.06, soc / 100), "red" if soc < 15 else "yellow" if soc < 25 else "green"

    def _marks(self, heading: str, value: str, index: int) -> Text:
        text = Text(heading.ljust(LABEL), style="bold")
        for column in self._columns:
            mark = " " if column is None else "█" if _is_on(column.gauges[index]) else "·"
            text.append(mark, style="red" if mark == "█" else "dim")
        return text.append(f"  {value}", style="bold")

    def _hours_line(self) -> Text:
        line = [" "] * (self._width + 3)
        for hour in range(0, int(self._hours) + 1, 3 if self._width >= 60 else 6):
            at = min(self._width, int(hour / self._hours * self._width))
            line[at : at + 2] = f"{(self._start.hour + hour) % 24:02d}"
        return Text(" " * LABEL + "".join(line), style="dim")


def _is_on(gauge: str) -> bool:
    """Return whether a gauge's text tells that something runs.

    >>> [_is_on(text) for text in ("ON", "off", "54 % GRID", "6 A  1.4 kW", "115° 0.0 kW", "78/78°")]
    [True, False, True, True, False, False]
    """
    words = gauge.split()
    return bool({"ON", "GRID"} & set(words)) or (words[-1:] == ["kW"] and float(words[-2]) > 0)


def _event(ran: Ran) -> Text:
    colour = "red" if ran.dark else "yellow" if ran.exit else ""
    done = "".join(f"→ {line}  " for line in actions(ran))
    return _line(ran.at, (done, "bold"), (sentence(ran), colour))


def _line(at: datetime, *words: tuple[str, str]) -> Text:
    """Return one line of the log; what does not fit is cut, so that the picture stands still."""
    return Text.assemble((f"{at:%H:%M} ", "dim"), *words, no_wrap=True, overflow="ellipsis")


def _figures(day: Day) -> Table:
    rows = table(day)
    found = Table(title=title(day), title_justify="left", title_style="bold")
    for index, heading in enumerate(rows[0]):
        found.add_column(heading, justify="left" if index == 0 else "right", style="bold" if index == 1 else "")
    for row in rows[1:]:
        found.add_row(*row)
    return found
