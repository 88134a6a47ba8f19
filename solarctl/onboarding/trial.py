"""A trial run of a config that is not written yet: its devices, opened on the real state folder.

Sessions and tokens that a trial gets are kept, so that the first real run need not log in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from solarctl.clock import TimeBudget
from solarctl.config import Config
from solarctl.context import Clock
from solarctl.errors import StateError
from solarctl.findings import Findings
from solarctl.opening import Opening
from solarctl.options import Options
from solarctl.questions import meters, outlooks
from solarctl.readings import Reading

BUDGET_S = 60.0
THE_OTHER_WAY = {"grid_w": "W to the grid", "battery_w": "W into the battery"}  # of what is below zero
UNITS = {
    "grid_w": "W from the grid",
    "solar_w": "W of sun",
    "load_w": "W used",
    "battery_w": "W out of the battery",
    "charger_w": "W into the car",
    "power_w": "W",
    "soc_pct": "% charged",
    "reserve_pct": "% reserve",
    "limit_a": "A limit",
    "indoor_deg": "° indoors",
    "setpoint_deg": "° cooling setpoint",
    "heat_setpoint_deg": "° heating setpoint",
    "high_deg": "° today's high",
    "price": "per kWh",
}


class Trial(Opening):
    """A run on a config in memory."""

    def __init__(self, config: Config, state_dir: Path, clock: Clock, log: Callable[[str], None]) -> None:
        Findings.__init__(self)
        self.command = "setup"
        self.options = Options()
        self.clock = clock
        self.log = log
        self.config = config
        self.started_at = clock.now()
        self.started_s = clock.monotonic()
        self.state_dir = state_dir
        self.what_if = None
        self.dry_run = False
        self.budget = TimeBudget(clock, BUDGET_S)

    def read_everything(self, name: str) -> Iterator[Reading]:
        """Yield a reading for each thing a device can tell; the first failure is raised."""
        device = self.site.device(name)
        asks = [*meters(device), *outlooks(device, self.context)]
        for _, ask in asks:
            yield ask()

    def keep(self) -> None:
        """Keep what drivers learned; what cannot be kept is learned again."""
        try:
            self.store.flush()
        except StateError as error:
            self.log(str(error))


def described(reading: Reading) -> str:
    """Return a reading for a person, e.g. "50 % charged, 120 W into the battery"."""
    values = reading.values()
    words = [_quantity(key, values[key]) for key in UNITS if values.get(key) is not None]
    if values.get("on") is not None:
        words.insert(0, "on" if values["on"] else "off")
    if values.get("mode"):
        words.append(str(values["mode"]))
    return ", ".join(words) or "nothing known"


def _quantity(key: str, amount: float) -> str:
    """Return an amount with its unit; whole watts, other things with their decimals.

    >>> _quantity("load_w", 11250.4), _quantity("battery_w", -86.2), _quantity("soc_pct", 22.8)
    ('11250 W used', '86 W into the battery', '22.8 % charged')
    """
    if amount < 0 and key in THE_OTHER_WAY:
        return f"{_amount(key, -amount)} {THE_OTHER_WAY[key]}"
    return f"{_amount(key, amount)} {UNITS[key]}"


def _amount(key: str, amount: float) -> str:
    return f"{amount:.0f}" if key.endswith("_w") else f"{amount:.4g}"
