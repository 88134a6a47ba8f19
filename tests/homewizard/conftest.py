"""A house full of HomeWizard devices, and drivers opened on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from solarctl.drivers.homewizard import HomeWizard
from solarctl.settings import Secret
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.emulators import homewizard
from solarctl.virtualhome.homewizard_certificates import authority
from solarctl.virtualhome.house import House
from tests.fakes import FakeClock, context, next_run


class Shelf:
    """The devices, and drivers on them as later runs have them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.house = House(start=self.clock.now(), battery=Battery(2.7))
        self.made = homewizard.HomeWizard(self.house, self.clock)
        self.context: Any = None

    def open(self, name: str, **keys: Any) -> Any:
        """Return a driver in a new run."""
        self.context = next_run(self.context) if self.context is not None else context(clock=self.clock)
        secure = name == "plug-in-battery" or keys.pop("v2", False)
        group: Any = self.made.secure if secure else self.made.plain
        if secure:
            keys.setdefault("token", Secret(homewizard.TOKEN))
            keys.setdefault("ca_file", authority())
        if name == "solar-meter":
            keys.setdefault("measures", "solar")
        keys.setdefault("base_url", group[name].url)
        return HomeWizard(name, HomeWizard.Settings(**keys), self.context)

    def steady(self, **powers: float) -> None:
        """Fix the house's powers as if it had just been balanced so."""
        self.house.advance = lambda _to: None  # type: ignore[method-assign]
        self.house.settle = lambda: None  # type: ignore[method-assign]
        for name, power_w in powers.items():
            setattr(self.house, name, power_w)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    made.made.start()
    yield made
    made.made.stop()


@pytest.fixture
def opened(shelf: Shelf) -> Callable[..., Any]:
    return shelf.open


@pytest.fixture
def own_ca() -> Path:
    return authority()
