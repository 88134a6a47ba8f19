"""A demo's day as a plain log: a line when something changes, and one every hour, so that the day passes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from datetime import datetime, timedelta

from solarctl.errors import Exit
from solarctl.explain import describe
from solarctl.simulation.demo import Day, Ran
from solarctl.simulation.opening import opening
from solarctl.simulation.summary import summary
from solarctl.virtualhome.chaos import Trouble
from solarctl.virtualhome.scenario import Home, Seed

WIDTH = 112
NAMES = 17  # characters of a command's name and the room after it
RENEWS = "token-refresh"
TRIMMED = timedelta(minutes=15)  # so long the steps of a charge are one story
LETTER = 80  # characters of a mail's line, margin and all
LONGEST = 100  # characters of a trouble
PASSING = (Exit.OK, Exit.REFUSED, Exit.TRY_AGAIN, Exit.NONSENSE, Exit.LOGIN)  # what devices and clouds can cause


class PlainView:
    """Prints through `say`, line by line; `every` run, or only those that say something new."""

    def __init__(self, say: Callable[[str], None], *, every: bool = False) -> None:
        self._say = say
        self._every = every
        self._last: dict[str, object] = {}
        self._hour = -1
        self._gauges: list[str] = []
        self._margin = ""

    def opened(self, home: Home, seed: Seed) -> None:
        for line in opening(home, WIDTH):
            self._say(line)
        self._gauges = [heading for heading, _text in home.scenario.gauges]
        if len(self._gauges) > 1:  # a line for the house now and then, and one for each decision
            self._margin = " " * (7 + NAMES)
            return
        columns = "".join(f"  {heading:<5}" for heading in self._gauges)
        heading = f" time      sun  battery    house     grid{columns}  "
        self._margin = " " * len(heading)
        self._say("")
        self._say(heading + "what was decided")

    def ran(self, ran: Ran) -> None:
        news = is_news(ran, self._last)
        new_hour = ran.at.hour != self._hour and ran.row.get("reason") is not None
        if not (news or new_hour or self._every):
            return
        if len(self._gauges) > 1:
            self._told(ran, new_hour=ran.at.hour != self._hour, news=news or self._every)
            return
        self._hour = ran.at.hour
        gauges = "".join(f"  {text:<5}" for text in ran.gauges)
        start = f"{ran.at:%H:%M} {figures(ran)}{gauges}  "
        words = sentence(ran) if news or self._every else f"({ran.row['reason']})"
        self._decision(start, words, ran)

    def _told(self, ran: Ran, *, new_hour: bool, news: bool) -> None:
        """Say how all houses are, once an hour, and what was decided."""
        self._hour = ran.at.hour
        if new_hour:
            gauges = "  ".join(f"{heading} {text}" for heading, text in zip(self._gauges, ran.gauges))
            soc = "" if ran.soc_pct is None else f"  battery {ran.soc_pct:.0f} %"
            house = "DARK" if ran.dark else watts(ran.load_w)
            powers = f"sun {watts(ran.sun_w)}{soc}  house {house}  grid {watts(ran.grid_w)}"
            self._say("")
            self._say(f"{ran.at:%H:%M}  {powers}")
            self._say(f"       {gauges}")
        if news:
            self._decision(f"{ran.at:%H:%M}  {ran.command:<{NAMES}}", sentence(ran), ran)

    def _decision(self, start: str, words: str, ran: Ran) -> None:
        for index, line in enumerate(textwrap.wrap(words, max(40, WIDTH - len(start)), break_on_hyphens=False) or [""]):
            self._say((start if index == 0 else self._margin) + line)
        for line in actions(ran):
            self._say(f"{self._margin}→ {line}")
        for line in letter(ran):
            self._say(line)

    def upset(self, at: datetime, trouble: Trouble, *, began: bool) -> None:
        if began:
            minutes = round((trouble.end - trouble.start).total_seconds() / 60)
            self._say(f"{at:%H:%M}   !! {trouble.emulator.name}: {trouble.text} (for {minutes} min)")
        else:
            self._say(f"{at:%H:%M}   .. {trouble.emulator.name}: over ({trouble.text})")

    def closed(self, day: Day) -> None:
        self._say("")
        for line in summary(day):
            self._say(line)

    def ended(self) -> None: ...


class SummaryView:
    """Prints the summary only."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def opened(self, home: Home, seed: Seed) -> None: ...

    def ran(self, ran: Ran) -> None: ...

    def upset(self, at: datetime, trouble: Trouble, *, began: bool) -> None: ...

    def closed(self, day: Day) -> None:
        for line in summary(day):
            self._say(line)

    def ended(self) -> None: ...


def is_news(ran: Ran, last: dict[str, object]) -> bool:
    """Return whether a run says something else than the one before; `last` is kept up to date.

    Commands that decide nothing (record) are news only when they end as nothing outside could make them.
    """
    reason = ran.row.get("reason")
    errors = tuple(str(error["message"])[:40] for error in ran.row.get("errors", ()))
    if reason is None:
        before, last[ran.command] = last.get(ran.command), (ran.exit, errors)
        return ran.exit not in PASSING and before != (ran.exit, errors)
    if ran.command == RENEWS and ran.exit == 0 and not errors:
        return _first_renewal(ran, last)
    key = (reason, ran.exit, errors, ran.dark)
    before = last.get(ran.command)
    last[ran.command] = key
    if ran.acted and ran.exit == 0 and not errors:
        return not _only_renews(ran, last) and not _trims(ran, last)
    return before != key


def _first_renewal(ran: Ran, last: dict[str, object]) -> bool:
    """Return whether a token is renewed for the first time, or after trouble; many last an hour only."""
    known = last.get(f"{RENEWS}/known")
    known = known if isinstance(known, frozenset) else frozenset()
    renewed = frozenset(one["device"] for one in ran.row.get("actions", ()) if one["outcome"] == "done")
    last[f"{RENEWS}/known"] = known | renewed
    return bool(last.pop(RENEWS, None)) or not renewed <= known


def _only_renews(ran: Ran, last: dict[str, object]) -> bool:
    """Return whether all that was written is a limit that was already so, to keep its time to live."""
    limits = [(one["device"], one["to"]) for one in ran.row.get("actions", ()) if one["action"] == "limit"]
    known = last.get(f"{ran.command}/limits")
    last[f"{ran.command}/limits"] = limits
    return bool(limits) and limits == known and len(limits) == len(ran.row["actions"])


def _trims(ran: Ran, last: dict[str, object]) -> bool:
    """Return whether a running charge is only trimmed for the same reason; that is told once in a while."""
    moved = [one for one in ran.row.get("actions", ()) if one["outcome"] in ("done", "pending")]
    runs = all(one["action"] == "limit" and one["to"] for one in moved)
    told = last.get(f"{ran.command}/told")
    if runs and isinstance(told, tuple) and told[0] == ran.row.get("reason") and ran.at - told[1] < TRIMMED:
        return True
    last[f"{ran.command}/told"] = (ran.row.get("reason") if runs else None, ran.at)
    return False


def figures(ran: Ran) -> str:
    """Return sun, battery, house and grid, 35 characters wide."""
    soc = "–" if ran.soc_pct is None else f"{ran.soc_pct:.0f} %"
    house = "DARK" if ran.dark else watts(ran.load_w)
    return f"{watts(ran.sun_w):>8} {soc:>8} {house:>8} {watts(ran.grid_w):>8}"


def watts(power_w: float) -> str:
    """Return a power as a person says it.

    >>> watts(1234), watts(-70), watts(0.4)
    ('1.2 kW', '-70 W', '0 W')
    """
    return f"{power_w / 1000:.1f} kW" if abs(power_w) >= 1000 else f"{round(power_w / 10) * 10} W"


def sentence(ran: Ran) -> str:
    """Return what the run said in one sentence, and its first trouble."""
    words = str(ran.row.get("because") or f"{ran.command}: exit {ran.exit}")
    for error in ran.row.get("errors", ())[:1]:
        device = f"{error['device']}: " if error["device"] else ""
        trouble = f"{device}{error['message']}".splitlines()[0]
        words += f" [{trouble if len(trouble) <= LONGEST else trouble[: LONGEST - 1].rstrip() + '…'}]"
    return words


def actions(ran: Ran) -> list[str]:
    """Return what was done or tried, in the words of the command itself."""
    row = {"because": "", "actions": []} | dict(ran.row)
    tried = [action for action in row["actions"] if action["outcome"] not in ("unchanged", "dry-run")]
    return [line.strip() for line in describe(row | {"because": "", "actions": tried}).splitlines()[1:]]


def letter(ran: Ran) -> list[str]:
    """Return the mail that a run has sent, as it arrives, with a margin of its own."""
    if not any(action["action"] == "mail" and action["outcome"] == "done" for action in ran.row.get("actions", ())):
        return []
    margin = "    │ "
    said = []
    for line in str(ran.row.get("text", "")).rstrip().splitlines():
        inner = margin + " " * (len(line) - len(line.lstrip()))
        said += textwrap.wrap(line.strip(), LETTER, initial_indent=inner, subsequent_indent=inner) or [margin.rstrip()]
    return ["", *said, ""]
