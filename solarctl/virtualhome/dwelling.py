"""Several houses on one property: the first one lives, and the others live along as parts of it that draw nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.house import House


@dataclass
class Dwelling:
    """A house of its own, with a connection of its own to the street."""

    name: str
    house: House
    power_w: float = 0.0

    def step(self, dt_s: float, house: House) -> None:
        self.house.advance(house.now + timedelta(seconds=dt_s))  # both arrive at the same moment


def dwelling(house: House, name: str) -> House:
    """Return one of the other houses."""
    return next(part.house for part in house.parts if isinstance(part, Dwelling) and part.name == name)


def all_houses(house: House) -> Iterator[House]:
    """Yield the first house and those that live along."""
    yield house
    yield from (part.house for part in house.parts if isinstance(part, Dwelling))


def property_total(house: House) -> Energies:
    """Return the sums of all houses since they were built; minutes without supply are those of all houses."""
    total = Energies()
    for one in all_houses(house):
        total += one.total
    return total
