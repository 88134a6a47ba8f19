"""The loads of `balance` and `plan` in a simulated house, as config.toml describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from solarctl.capabilities import PowerLimiter
from solarctl.config import Config
from solarctl.control.balance_settings import LoadSettings
from solarctl.control.balance_settings import Settings as BalanceSettings
from solarctl.control.balance_variators import usable_steps
from solarctl.control.plan_settings import Load
from solarctl.control.plan_settings import Settings as PlanSettings
from solarctl.curve import Curve, linear_curve, phase_curve, read_curve
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError
from solarctl.simulation.installations import Installation
from solarctl.simulation.simulated_loads import Cyclist, Heater, Keeper, hot_water
from solarctl.virtualhome.sockets import Bike, Boiler, Socket

USUAL_W = 2000.0  # a heater whose power nobody tells
USUAL_KWH = 5.0  # a day's hot water, where nobody tells
BIKE_W = 600.0  # what draws less is the charger of a bicycle, not a heater
DRAWN_SHARE = 0.8  # of a boiler's capacity, on a usual day


class Draws(Protocol):
    """A load's power in W, now."""

    power_w: float


@dataclass
class Wired:
    """The loads of one house by their devices' names; `gifts` have no need and get what is left over."""

    heaters: dict[str, Heater] = field(default_factory=dict)
    steps_w: dict[str, tuple[float, ...]] = field(default_factory=dict)  # of variators; a switch has none
    sockets: dict[str, Socket] = field(default_factory=dict)
    keepers: dict[str, Keeper] = field(default_factory=dict)
    full_w: dict[str, float] = field(default_factory=dict)
    gifts: tuple[str, ...] = ()

    @property
    def parts(self) -> Iterator[Heater | Socket]:
        yield from self.heaters.values()
        yield from self.sockets.values()

    def draws(self) -> dict[str, Draws]:
        """Return every load as something that draws."""
        return {**self.heaters, **self.sockets}

    def owed_kwh(self) -> float:
        """Return what the needs have missed so far, less what they have in store."""
        return sum(one.missed_kwh - one.stored_kwh for name, one in self.keepers.items() if name not in self.gifts)

    def given_kwh(self) -> float:
        """Return what was given to loads without a need so far."""
        heaters = sum(self.heaters[name].used_kwh for name in self.gifts if name in self.heaters)
        return heaters + sum(self.sockets[name].import_kwh for name in self.gifts if name in self.sockets)

    def leave_alone(self) -> None:
        """Let loads with a need take what their thermostats want, and the others nothing: a house without us."""
        for name, heater in self.heaters.items():
            heater.set_w = 0.0 if name in self.gifts else self.full_w[name]
        for name, socket in self.sockets.items():
            socket.switch(name not in self.gifts)


def wired(config: Config, installation: Installation, hot_water_kwh: float, seed: int) -> Wired | None:
    """Return the loads of an installation; `hot_water_kwh` 0: as their guarantees and capacities say."""
    found = Wired()
    for settings in installation.rules.values():
        if isinstance(settings, PlanSettings):
            for load in settings.devices:
                _socket(found, load, hot_water_kwh, f"{seed}/{load.device}")
        elif isinstance(settings, BalanceSettings):
            for one in settings.loads:
                if one.device not in found.sockets:
                    _heater(found, config, one, hot_water_kwh, f"{seed}/{one.device}")
    return found if found.heaters or found.sockets else None


def _heater(found: Wired, config: Config, load: LoadSettings, hot_water_kwh: float, seed: str) -> None:
    entry = config.find(f"devices.{load.device}") or {}
    variator = _is_variator(entry, load)
    steps = _steps(config.folder, load, entry) if variator else ()
    full_w = steps[-1] if steps else load.power_w or USUAL_W
    has_tank = variator or load.guarantee is not None or bool(load.thermometer)
    heater = Heater(full_w)
    if has_tank:
        told = load.guarantee.kwh if load.guarantee is not None else 0.0
        heater.water = found.keepers[load.device] = hot_water(hot_water_kwh or told or USUAL_KWH, seed)
    else:
        found.gifts = (*found.gifts, load.device)
    found.heaters[load.device], found.full_w[load.device] = heater, full_w
    if steps:
        found.steps_w[load.device] = steps


def _socket(found: Wired, load: Load, hot_water_kwh: float, seed: str) -> None:
    if load.power_w < BIKE_W:
        bike = Bike(1000 * load.capacity_kwh, load.power_w, 500 * load.capacity_kwh)
        socket = Socket(bike, import_kwh=0.0)
        found.keepers[load.device] = Cyclist(socket, bike, seed)
    else:
        water = hot_water(hot_water_kwh or DRAWN_SHARE * load.capacity_kwh, seed)
        socket = Socket(Boiler(load.power_w, water.tank), import_kwh=0.0)
        found.keepers[load.device] = water
    found.sockets[load.device], found.full_w[load.device] = socket, load.power_w
    if not load.daily_need:
        found.gifts = (*found.gifts, load.device)


def _is_variator(entry: Mapping[str, Any], load: LoadSettings) -> bool:
    driver = entry.get("driver")
    if isinstance(driver, str) and driver in catalogue.DRIVERS:
        return PowerLimiter in catalogue.DRIVERS[driver].capabilities
    return not load.power_w  # a driver of one's own is not loaded here; a rated power is what a switch has


def _steps(folder: Path, load: LoadSettings, entry: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the powers that a variator can be set to, by its curve where there is one, else by the ideal law."""
    least, step = (float(entry.get(key, usual)) for key, usual in (("min_percent", 4.0), ("step_percent", 1.0)))
    watts = [w for percent, w in _curve(folder, load, entry).steps(step) if not 0 < percent < least]
    return usable_steps(watts, min_w=load.min_w, max_w=load.max_w)


def _curve(folder: Path, load: LoadSettings, entry: Mapping[str, Any]) -> Curve:
    name = entry.get("curve")
    path = folder / name if isinstance(name, str) else None
    if path is not None and path.exists():
        try:
            return read_curve(path)
        except (OSError, ValueError) as error:
            raise ConfigError(f"devices.{load.device}.curve: {path.name} is no curve ({error})") from error
    max_w = float(entry.get("max_w") or 0) or load.max_w or load.power_w or USUAL_W
    return linear_curve(max_w) if entry.get("law") == "linear" else phase_curve(max_w)
