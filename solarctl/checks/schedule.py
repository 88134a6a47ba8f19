"""The installed schedule: not whether cron takes its lines, but whether the house is served by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from solarctl.checks import House
from solarctl.errors import Problem


def check(house: House) -> Iterable[Problem]:
    if house.crontab.ours:  # the lint is loaded only where there is something to look at
        yield from _linted(house)
    else:
        yield from house.crontab.problems


def _linted(house: House) -> Iterator[Problem]:
    from solarctl.schedule.lint_lines import env_secrets
    from solarctl.schedule.linting import lint

    given = {name for job in house.crontab.ours for name in job.environment}
    said = [f"the variable {name}, " for _, name in env_secrets(house.config.raw) if name not in given]
    now = datetime.now(UTC).astimezone(house.config.timezone)
    for problem in lint(house.crontab, house.config, now, house.state_dir / "cache"):
        if not problem.message.startswith(tuple(said)):  # checks/secrets.py says that once for all lines
            yield problem
