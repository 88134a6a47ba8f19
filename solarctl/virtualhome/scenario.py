"""A scenario: a house, the clouds and devices around it, a crontab and a config; and the home that it opens.

home = find()["summer"].open(clock, seed=1)
with home:                       # the emulators listen
    home.config()                # config.toml that points at them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, Self

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.house import House

Seed = int | str


class Watch(Protocol):
    """Judges whether the rule did what could be done. `stopped`: what chaos made impossible now."""

    preventable_min: float  # minutes of trouble that the rule could have prevented

    def run_over(self, command: str, now: datetime, stopped: frozenset[str]) -> None: ...


@dataclass
class Home:
    """A house that is lived in, with its emulators."""

    scenario: Scenario
    house: House
    clock: Clock
    emulators: tuple[Emulator, ...]
    watch: Watch | None = None

    def __enter__(self) -> Self:
        for emulator in self.emulators:
            emulator.start()
        return self

    def __exit__(self, *_: object) -> None:
        for emulator in self.emulators:
            emulator.stop()

    def config(self) -> str:
        """Return config.toml: the scenario's site and rules, and where the emulators listen."""
        return "\n".join(
            [self.scenario.config.strip(), "", *filter(None, (emulator.config() for emulator in self.emulators))]
        )

    def secrets(self) -> dict[str, str]:
        """Return the secret files, name → text."""
        return {name: text for emulator in self.emulators for name, text in emulator.secrets().items()}

    def catch_up(self) -> None:
        """Let the house live until now."""
        self.house.advance(self.clock.now())

    def settle_messages(self) -> None:
        """Have messages arrive that are on their way, both ways, before time goes on."""
        for emulator in self.emulators:
            settle = getattr(emulator, "settle_messages", None)
            if settle is not None:
                settle()


@dataclass(frozen=True)
class Figure:
    """A number of the day beyond the energies, for the summary's table and its JSON."""

    key: str
    label: str
    unit: str
    of: Callable[[House], float]
    decimals: int = 1


def _total(house: House) -> Energies:
    return house.total


@dataclass(frozen=True)
class Scenario:
    """One way to live. `without` names what the day is compared with: the same house, prepared so, and left alone."""

    name: str
    title: str  # one sentence about house and day
    start: datetime  # local, aware
    house: Callable[[datetime, Seed], House]
    surround: Callable[[House, Clock, Seed], tuple[Sequence[Emulator], Watch | None]]
    crontab: str
    config: str  # [site] and the rules' tables
    hours: float = 24
    gauges: tuple[tuple[str, Callable[[Home], str]], ...] = ()  # further columns: heading and text
    without: Mapping[str, Callable[[House], None]] = field(default_factory=dict)
    before_serving: Callable[[House], None] = lambda _house: None  # so that there is something to see at once
    try_this: tuple[str, ...] = ()  # command lines that are worth a try in `demo --serve`
    figures: tuple[Figure, ...] = ()  # what else the summary compares
    chaos: bool = False  # a bad day by itself: clouds and devices fail
    services: tuple[tuple[str, ...], ...] = ()  # command lines that systemd would keep running
    note: str = ""  # what a spectator should know
    sums: Callable[[House], Energies] = _total  # the energies that are compared; of all houses, where there are more
    whose: str = ""  # whose energies the table tells, where it is not just the house's
    verdict: Callable[[Energies, Mapping[str, Energies], Mapping[str, Mapping[str, float]]], str] | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(hours=self.hours)

    def open(self, clock: Clock, seed: Seed, *, start: datetime | None = None) -> Home:
        """Build the home; it lives from `start` (or the scenario's own) on."""
        house = self.house(start or self.start, seed)
        emulators, watch = self.surround(house, clock, seed)
        return Home(self, house, clock, tuple(emulators), watch)

    def alone(self, seed: Seed, prepare: Callable[[House], None]) -> House:
        """Return the same house after the same day without solarctl."""
        house = self.house(self.start, seed)
        prepare(house)
        house.advance(self.end)
        return house
