"""What a schedule asks of the clouds in a day, and what they give.

Requests are estimated: one for each device that a run asks, and one of several devices of an account that answers for
all of them at once. Writes and repetitions come on top; so a limit is called near from 90 % on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from solarctl.device_keys import device_keys
from solarctl.drivers.lately import PACES, recorded_min
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.config import Config

# driver or service -> requests a day, in whose words. Sources are in the drivers' own notes. Solcast and
# Forecast.Solar are missing: their drivers count, and never ask for more than a day gives.
A_DAY = {
    "solax-cloud": (9_500, "SolaxCloud allows 10 000 requests a day and shuts out for an hour who asks more"),
    "tuya": (PACES["tuya"][1], "Tuya's trial plan has about 26 000 requests a month"),
    "honeywell-tcc": (PACES["honeywell-tcc"][1], "Honeywell's portal locks out who asks every few minutes"),
    "openweather": (1_000, "OpenWeather's One Call has 1 000 free requests a day"),
    "open-meteo": (10_000, "Open-Meteo gives homes 10 000 requests a day"),
    "open-meteo-solar": (10_000, "Open-Meteo gives homes 10 000 requests a day"),
}
ONE_ANSWER_FOR_ALL = ("solax-cloud", "huawei-sun2000", "tesla")
FORECASTS = ("open-meteo", "openweather", "nws", "open-meteo-solar", "forecast-solar", "solcast", "quartz")
CACHE_MIN = 30  # a forecast is asked for at most so often
METERS_ONLY = ("record", "apply")
IN_PEAKS_ONLY = ("precool", "thermostat-step")  # they ask nobody at other times; a peak is a quarter of a day
NEAR = 0.9


@value
class Asked:
    """Requests of a day to one account, or to one device that is a service of its own."""

    whom: str
    kind: str  # the service or driver
    requests: int

    @property
    def limit(self) -> float:
        """What it gives in a day."""
        return A_DAY[self.kind][0] if self.kind in A_DAY else float("inf")


def named(command: str, config: Config, settings: Mapping[str, Any]) -> dict[str, bool]:
    """Return the devices that a command works with, and whether it steers them."""
    if command == "record":
        return dict.fromkeys(config.names("devices"), False)
    table = settings.get("plan" if command == "apply" else command)
    found: dict[str, bool] = {}
    for key in device_keys(table) if table is not None else ():
        found[key.device] = found.get(key.device, False) or key.steers
    return found


def asked(command: str, count: int, config: Config, settings: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield whom so many runs of a command a day ask, and how often."""
    per_account: Counter[tuple[str, str]] = Counter()
    if command in IN_PEAKS_ONLY:
        count //= 4
    for name, steered in named(command, config, settings).items():
        driver = str(config.find(f"devices.{name}.driver") or "")
        account = config.find(f"devices.{name}.account")
        if driver in FORECASTS:
            if command not in METERS_ONLY:
                yield Asked(name, driver, min(count, round(1440 / CACHE_MIN)))
        elif isinstance(account, str) and not (command == "plan" and steered):  # a plan asks no load
            per_account[account, str(config.find(f"accounts.{account}.service") or "")] += 1
    for (account, service), devices in per_account.items():
        seldom = command == "record" and service in PACES
        asks = min(count, int(1440 / recorded_min(service, devices))) if seldom else count
        yield Asked(account, service, asks * (1 if service in ONE_ANSWER_FOR_ALL else devices))


def total(parts: Iterable[Asked]) -> list[Asked]:
    """Return the sum of what each is asked."""
    sums: Counter[tuple[str, str]] = Counter()
    for one in parts:
        sums[one.whom, one.kind] += one.requests
    return [Asked(whom, kind, requests) for (whom, kind), requests in sums.items()]
