"""Which rule looks at which minute of a local day, from crontab lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from solarctl.config import Config
from solarctl.schedule.crontab import Job, runs
from solarctl.simulation.seats import Seat

PLAIN_DAY = datetime(2001, 1, 1, tzinfo=UTC)  # a day of 24 hours, to see a schedule's hours and minutes
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """When one command runs: by the wall clock on every day (`minutes`), or as a cron line says (`job`)."""

    command: str
    minutes: tuple[int, ...] = ()
    job: Job | None = None


def recommended(config: Config) -> list[Entry]:
    """Return the schedule that `crontab print` prints for this config."""
    from solarctl.schedule.recommended import lines
    from solarctl.schedule.thrift import affordable

    return [
        Entry(line.command, tuple(h * 60 + m for h in line.hours or range(24) for m in range(0, 60, line.every_min)))
        for line in affordable(lines(config), config)
    ]


def entries(jobs: Sequence[Job]) -> list[Entry]:
    """Return the entries of a crontab's lines."""
    found = []
    for job in jobs:
        fields = job.schedule.split()
        if len(fields) == 5 and fields[2:] == ["*", "*", "*"]:
            minutes = [at.hour * 60 + at.minute for at, _ in runs([job], PLAIN_DAY, PLAIN_DAY + DAY)]
            found.append(Entry(job.name, tuple(minutes)))
        elif len(fields) == 5:
            found.append(Entry(job.name, job=job))
    return found


def replanned(schedule: Sequence[Entry], every_min: int | None) -> list[Entry]:
    """Return the schedule with `plan` every so many minutes; 0: never, None: as it is."""
    if every_min is None:
        return list(schedule)
    plans = Entry("plan", tuple(range(0, 1440, every_min)) if every_min else ())
    return [plans if entry.command == "plan" else entry for entry in schedule]


class Timetable:
    """Looks up who is due; a seat without an entry never runs."""

    def __init__(self, schedule: Sequence[Entry], seats: Sequence[Seat], zone: tzinfo) -> None:
        by_command = {seat.command: seat for seat in seats}
        self._entries = [(entry, by_command[entry.command]) for entry in schedule if entry.command in by_command]
        self._zone = zone
        self._plain: list[list[Seat]] = [[] for _ in range(1440)]
        for entry, seat in self._entries:
            for minute in entry.minutes:
                if seat not in self._plain[minute]:
                    self._plain[minute].append(seat)
        self._has_days = any(entry.job is not None for entry, _ in self._entries)

    def day(self, day: date) -> list[list[Seat]]:
        """Return the seats that are due for each minute that passes on a local day (23 to 25 hours of them)."""
        start = datetime.combine(day, time(0), self._zone)
        end = datetime.combine(day + DAY, time(0), self._zone)
        length = round((end.timestamp() - start.timestamp()) / 60)
        if length == 1440 and not self._has_days:
            return self._plain
        table: list[list[Seat]] = []
        for passed in range(length):
            local = datetime.fromtimestamp(start.timestamp() + passed * 60, self._zone)
            table.append(list(self._plain[local.hour * 60 + local.minute]))
        for entry, seat in self._entries:
            if entry.job is not None:
                for at, _job in runs([entry.job], start, end):
                    due = table[round((at.timestamp() - start.timestamp()) / 60)]
                    if seat not in due:
                        due.append(seat)
        return table


def missing(schedule: Sequence[Entry], commands: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Return the commands that no line of the schedule runs."""
    there = {entry.command for entry in schedule}
    return [name for name in commands if name not in there]
