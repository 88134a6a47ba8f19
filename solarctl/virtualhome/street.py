"""The street: what the grid does to the house on a bad day."""

from __future__ import annotations

from typing import ClassVar, Self

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator, Upset
from solarctl.virtualhome.house import House


class Street(Emulator):
    """The power in the street; it speaks no protocol."""

    name: ClassVar[str] = "street"
    FAULTS: ClassVar[dict[str, str]] = {"power-cut": "no power in the whole street"}
    UPSETS: ClassVar[tuple[Upset, ...]] = (Upset("power-cut", minutes=(20, 90), stops="control"),) * 3

    def __init__(self, home: House, clock: Clock) -> None:
        super().__init__(home, clock)
        home.call_every(60, self._look)

    def start(self) -> Self:
        return self

    def stop(self) -> None:
        """Nothing was started."""

    def config(self) -> str:
        return ""

    def _look(self) -> None:
        self.home.grid.live = not self.faults.take("power-cut")
