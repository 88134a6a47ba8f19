"""A home with a car, sun and a SUN2000, and easee-balance run in it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.home import Home

AT_ONCE = "enable_delay_min = 0\n"
TABLE = '[easee-balance]\ncharger = "car"\ngrid = "sun2000"\nbattery = "sun2000"\n'


@dataclass
class Sunshine:
    """Panels with a handle."""

    watts: float = 0.0
    power_w: float = 0.0

    def step(self, dt_s: float, house: object) -> None:
        self.power_w = -self.watts


def run(home: Home, *more: str) -> dict:
    """Run the command; return its JSON object."""
    return home.json("easee-balance", *more)


def minutes(home: Home, count: int) -> list[str]:
    """Run once a minute; return the reasons."""
    reasons = []
    for _ in range(count):
        reasons.append(run(home)["reason"])
        home.clock.advance(minutes=1)
    return reasons


def offered(home: Home) -> int:
    """Return the amps the car is offered now."""
    home.house.advance(home.clock.now())
    return home.box.offered_a
