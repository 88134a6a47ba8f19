"""The recommended lines, as seldom as the clouds want them: no schedule is printed that its own check would refuse.

The most frequent line that would help is slowed first, until nobody is asked more than `SHARE` of what it gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from solarctl.schedule.quotas import Asked, asked, total
from solarctl.schedule.recommended import Line

if TYPE_CHECKING:
    from solarctl.config import Config

SHARE = 0.85  # the check warns from 0.9 on; hours that are said in another zone's are a few more
STEPS_MIN = (1, 2, 3, 5, 10, 15, 20, 30, 60)
# what must not rest longer; every other line may run once an hour
SLOWEST_MIN = {"grid-guard": 15, "easee-balance": 3, "balance": 1, "peak-mode": 10, "eod-status": 15, "record": 20}


def affordable(lines: Sequence[Line], config: Config) -> list[Line]:
    """Return the lines, slowed down where they would ask a cloud for more than it gives."""
    from solarctl.schedule.linting import settings_of

    settings = settings_of(config)
    found = list(lines)
    while over := _over(found, config, settings, SHARE):
        slower = [
            (_slower(line), index)
            for index, line in enumerate(found)
            if _slower(line) <= SLOWEST_MIN.get(line.command, STEPS_MIN[-1]) and _helps(line, over, config, settings)
        ]
        if not slower:
            break  # `crontab check` says so; nothing that is left would do
        every_min, index = min(slower)
        found[index] = replace(found[index], every_min=every_min)
    return found


def asked_too_often(lines: Sequence[Line], config: Config) -> list[Asked]:
    """Return whom these lines would ask for more than it gives."""
    from solarctl.schedule.linting import settings_of

    return _over(lines, config, settings_of(config), 1.0)


def _over(lines: Sequence[Line], config: Config, settings: Mapping[str, Any], share: float) -> list[Asked]:
    parts = chain.from_iterable(asked(line.command, _runs(line), config, settings) for line in lines)
    return [one for one in total(parts) if one.requests > share * one.limit]


def _helps(line: Line, over: Sequence[Asked], config: Config, settings: Mapping[str, Any]) -> bool:
    """Return whether one of those would be asked less if this line ran more seldom."""
    whom = {one.whom for one in over}
    seldom = replace(line, every_min=_slower(line))
    now, then = (
        sum(one.requests for one in asked(each.command, _runs(each), config, settings) if one.whom in whom)
        for each in (line, seldom)
    )
    return then < now


def _slower(line: Line) -> int:
    return next((step for step in STEPS_MIN if step > line.every_min), 2 * STEPS_MIN[-1])


def _runs(line: Line) -> int:
    """Return how often a line runs in a day."""
    return (60 // line.every_min) * (len(line.hours) or 24)
