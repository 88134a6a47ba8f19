"""What a demo says before its day begins: the house, and what cron runs in it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from solarctl.virtualhome.scenario import Home

MARGIN = "    "
SERVICES = {"balance": "every surplus watt has a place: here the hot water's"}
BESIDE = 24  # characters that a remark needs at least to stand beside its line
WHOLE = 44  # ... and to be told to its end


def opening(home: Home, width: int) -> list[str]:
    """Return what a newcomer must know, in lines of at most `width` characters where that can be."""
    scenario = home.scenario
    said = (
        scenario.title,
        "House and clouds are emulated on this machine; commands, drivers and state are the real ones.",
        *([scenario.note] if scenario.note else []),
        f"On {scenario.start:%A, %d %B %Y}, cron runs:",
    )
    crontab = [line for line in scenario.crontab.strip().splitlines() if line and not line.startswith("#")]
    column = max((len(line.partition("#")[0].rstrip()) for line in crontab if "#" in line), default=0) + 2
    for words in scenario.services:
        crontab.append(f"{'all day long     solarctl ' + ' '.join(words):<{column}}# {SERVICES[words[0]]}")
    return [
        *(line for text in said for line in textwrap.wrap(text, width)),
        *(line for text in crontab for line in _remarked(text, width)),
    ]


def _remarked(line: str, width: int) -> Iterator[str]:
    """Yield a line of a crontab; its remark stays in a column of its own, or goes below where there is no room."""
    job, mark, remark = line.partition("# ")
    if not mark:
        yield MARGIN + line
        return
    room = width - len(MARGIN) - len(job) - len(mark)
    if room < WHOLE:
        remark = re.split("[;,]", remark)[0]  # so that the picture below is not pushed off the screen
    if room < BESIDE:
        yield MARGIN + job.rstrip()
        yield from textwrap.wrap(remark, width - 8, initial_indent=MARGIN * 2, subsequent_indent=MARGIN * 2)
        return
    for index, part in enumerate(textwrap.wrap(remark, room)):
        yield MARGIN + (job if index == 0 else " " * len(job)) + mark + part
