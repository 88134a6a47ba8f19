"""A bad day: faults that come and go, drawn from what each emulator's bad days bring, by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from solarctl.virtualhome.emulator import Emulator, Upset

PER_DAY = 16


@dataclass(frozen=True)
class Trouble:
    """One upset of one emulator, from `start` to `end`."""

    start: datetime
    end: datetime
    emulator: Emulator = field(repr=False)
    upset: Upset

    @property
    def text(self) -> str:
        """What is wrong, for a person."""
        return self.upset.says or self.emulator.FAULTS[self.upset.fault]

    @property
    def effect_ends(self) -> datetime:
        return self.end + timedelta(minutes=self.upset.after_min)


class Chaos:
    """The day's troubles, switched on and off as time passes."""

    def __init__(self, emulators: Sequence[Emulator], start: datetime, end: datetime, seed: int | str) -> None:
        self.troubles = _drawn([one for one in emulators if one.UPSETS], start, end, seed)
        self._coming = list(self.troubles)
        self._on: list[Trouble] = []
        self._past: list[Trouble] = []

    def next_change(self) -> datetime | None:
        """Return when something is switched on or off next."""
        moments = [trouble.end for trouble in self._on] + [trouble.start for trouble in self._coming[:1]]
        return min(moments, default=None)

    def move_to(self, now: datetime) -> tuple[list[Trouble], list[Trouble]]:
        """Switch what is due; return what began and what ended."""
        ended = [trouble for trouble in self._on if trouble.end <= now]
        for trouble in ended:
            self._on.remove(trouble)
            self._past.append(trouble)
            trouble.emulator.faults.clear(trouble.upset.fault)
        began = []
        while self._coming and self._coming[0].start <= now:
            trouble = self._coming.pop(0)
            trouble.emulator.faults.set(trouble.upset.fault, trouble.upset.value, times=trouble.upset.times)
            self._on.append(trouble)
            began.append(trouble)
        return began, ended

    def stopped(self, now: datetime) -> frozenset[str]:
        """Return what cannot be done now, or is still blocked: "reading", "control"."""
        felt = self._on + [trouble for trouble in self._past if trouble.effect_ends > now]
        return frozenset(trouble.upset.stops for trouble in felt) - {""}


def _drawn(emulators: Sequence[Emulator], start: datetime, end: datetime, seed: int | str) -> list[Trouble]:
    random = Random(f"chaos/{seed}")
    choices = [(emulator, upset) for emulator in emulators for upset in emulator.UPSETS]
    length_s = (end - start).total_seconds()
    troubles: list[Trouble] = []
    for _ in range(round(PER_DAY * length_s / 86400) if choices else 0):
        emulator, upset = random.choice(choices)
        begin = start + timedelta(seconds=random.randrange(int(length_s)))
        finish = begin + timedelta(minutes=random.randint(*upset.minutes))
        twice = any(
            other.emulator is emulator
            and other.upset.fault == upset.fault
            and begin <= other.end
            and other.start <= finish
            for other in troubles
        )
        if not twice:
            troubles.append(Trouble(begin, finish, emulator, upset))
    return sorted(troubles, key=lambda trouble: trouble.start)
