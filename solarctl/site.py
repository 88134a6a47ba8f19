"""The site: named devices as typed capabilities, and the one place where actions are carried out.

Opening a site costs nothing: constructors do no I/O, and a driver's file is imported when its device is asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, assert_never

from solarctl.accounts import account_problems
from solarctl.capabilities import (
    BatteryMode,
    BatteryPermissions,
    BatteryReserve,
    Charger,
    PhaseSwitch,
    PowerLimiter,
    Switch,
    Thermostat,
    TokenHolder,
)
from solarctl.config import Config
from solarctl.context import Context
from solarctl.decision import (
    Action,
    Outcome,
    RenewToken,
    ResumeSchedule,
    SendMail,
    SetChargeLimit,
    SetCoolSetpoint,
    SetHeatSetpoint,
    SetMode,
    SetPermissions,
    SetPower,
    SetReserve,
    SwitchTo,
)
from solarctl.decode import nearest
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError, DeviceError, DeviceRefused, Problem, SolarctlError, StateError
from solarctl.readings import ChargerReading, ReserveReading, SwitchReading, ThermostatReading

T = TypeVar("T")
Known = Callable[[str, type[Any]], Any]  # a reading of this very run, or None, so that nothing is asked twice


class Site:
    """The devices and accounts of one config, opened on demand."""

    def __init__(
        self,
        config: Config,
        context: Callable[[Site], Context],
        keys_naming: Callable[[str, type], list[str]] = lambda _device, _capability: [],
    ) -> None:
        self.config = config
        self._keys_naming = keys_naming
        self._devices: dict[str, Any] = {}
        self._accounts: dict[str, Any] = {}
        self.context = context(self)

    def get(self, name: str, capability: type[T]) -> T:
        """Return a device that offers `capability`; `ConfigError` in a sentence when it does not."""
        if name not in self.config.names("devices"):
            hint = nearest(name, self.config.names("devices")) or f"Add [devices.{name}]."
            raise self._misnamed(name, capability, f"there is no [devices.{name}]", hint)
        opened = self.device(name)
        if not isinstance(opened, capability):
            driver, line = self.config.entry("devices", name).get("driver"), self.config.line(f"devices.{name}")
            where = f"{driver}, line {line}" if line and self._keys_naming(name, capability) else driver
            message = f"{name} ({where}) is not a {capability.__name__}"
            raise self._misnamed(name, capability, message, self._hint_for(capability))
        if why := self._cannot(name, capability):
            raise self._misnamed(name, capability, f"{name}: {why}", self._hint_for(capability))
        return opened

    def _misnamed(self, name: str, capability: type, message: str, hint: str) -> ConfigError:
        """Return an error at the keys that name a device wrongly; at its own table, when a person named it."""
        paths = self._keys_naming(name, capability) or [f"devices.{name}"]
        return ConfigError([Problem(path, message, hint, self.config.line(path)) for path in paths])

    def offers(self, name: str, capability: type) -> bool:
        """Return whether a device offers `capability`."""
        return isinstance(self.device(name), capability) and not self._cannot(name, capability)

    def device(self, name: str) -> Any:
        """Return a device by name, whatever it can do."""
        if name not in self._devices:
            table = self.config.entry("devices", name)
            path = f"devices.{name}"
            cls = self._class(path, "driver", table.get("driver"), catalogue.load_driver)
            settings = self.config.table(path, cls.Settings, ignore=("driver",))
            if problems := account_problems(self.config, path, settings):
                raise ConfigError(problems)
            self._devices[name] = self._made(cls, path, str(table.get("driver")), name, settings)
        return self._devices[name]

    def account(self, name: str) -> Any:
        """Return an account by name."""
        if name not in self._accounts:
            table = self.config.entry("accounts", name)
            path = f"accounts.{name}"
            cls = self._class(path, "service", table.get("service"), catalogue.load_service)
            settings = self.config.table(path, cls.Settings, ignore=("service",))
            self._accounts[name] = self._made(cls, path, str(table.get("service")), name, settings)
        return self._accounts[name]

    def _class(self, path: str, key: str, value: Any, load: Callable[..., type]) -> Any:
        if not isinstance(value, str):
            raise ConfigError([Problem(f"{path}.{key}", "is missing", f"Add {key} = …", self.config.line(path))])
        try:
            return load(value, beside=self.config.folder)
        except ConfigError as error:
            line = self.config.line(f"{path}.{key}")
            raise ConfigError(
                [dataclasses.replace(p, path=f"{path}.{key}", line=line) for p in error.problems]
            ) from error

    def _made(self, cls: Any, path: str, driver: str, name: str, settings: Any) -> Any:
        """Return a device or account; what somebody's own class gets wrong is told by its name."""
        if ":" not in driver:
            return cls(name, settings, self.context)
        from solarctl import own_drivers

        try:
            return own_drivers.guarded(cls, driver, name)(name, settings, self.context)
        except SolarctlError:
            raise
        except Exception as error:  # the same for its constructor
            hint, line = own_drivers.where(error), self.config.line(path)
            raise ConfigError([Problem(path, own_drivers.failed(driver, error), hint, line)]) from error

    def _hint_for(self, capability: type) -> str:
        fitting = [name for name in self.config.names("devices") if capability.__name__ in self._can(name)]
        return f"Devices that are: {', '.join(fitting)}." if fitting else ""

    def _can(self, name: str) -> tuple[str, ...]:
        try:
            return tuple(one.__name__ for one in self.known_capabilities(name))
        except ConfigError:
            return ()

    def known_capabilities(self, name: str) -> tuple[type, ...]:
        """Return what a device can do, as far as that is known without asking it."""
        table = self.config.entry("devices", name)
        return catalogue.known_capabilities(table, self._learned(name), beside=self.config.folder)

    def _cannot(self, name: str, capability: type) -> str:
        table = self.config.entry("devices", name)
        driver = str(table.get("driver"))
        return catalogue.cannot(driver, capability, table, self._learned(name)) if driver in catalogue.KINDS else ""

    def _learned(self, name: str) -> Mapping[str, Any]:
        """Return what its driver has stored of a device; a state that cannot be read is told by who needs it."""
        try:
            return self.context.store.get("devices", name)
        except StateError:
            return {}

    def carry_out(
        self, action: Action, known: Known, note: Callable[[SolarctlError], None], *, dry_run: bool
    ) -> Outcome:
        """Bring a device to the action's target and say what became of it; a `DeviceError` says why not.

        A relay whose position cannot be read is switched on all the same (supply comes first); `note` gets the trouble.
        """
        try:
            is_there = self._is_there(action, known)
        except DeviceError as error:
            if not (isinstance(action, SwitchTo) and action.to):
                raise
            note(error)
            is_there = False
        if is_there:
            return Outcome.UNCHANGED
        if isinstance(action, SetReserve | SetMode) and action.sent:
            return Outcome.PENDING
        if dry_run:
            return Outcome.DRY_RUN
        if self._write(action):
            return Outcome.DONE
        if isinstance(action, SetReserve | SetMode) and action.overdue:
            what = f"a reserve of {action.to:g} %" if isinstance(action, SetReserve) else f"the mode {action.to}"
            hint = "Look at it in the vendor's app; it may be offline, or somebody else may steer it."
            raise DeviceRefused(action.device, f"it was told {what} but does not take it", hint=hint)
        return Outcome.PENDING

    def _is_there(self, action: Action, known: Known) -> bool:
        """Return whether the device is at the target already; raises when its position cannot be read."""
        match action:
            case SwitchTo(device, to):
                position = known(device, SwitchReading) or self.get(device, Switch).read_switch()
                return bool(position.on is to)
            case SetChargeLimit(device, to, _, renew):
                reading = known(device, ChargerReading) or self.get(device, Charger).read_charger()
                return not renew and reading.limit_a == to
            case SetReserve(device, to):
                return bool(self._reserve(device, known).reserve_pct == to)
            case SetMode(device, to):
                return bool(self._reserve(device, known).mode == to)
            case SetCoolSetpoint(device, to):
                return bool(self._thermostat(device, known).setpoint_deg == to)
            case SetHeatSetpoint(device, to):
                return bool(self._thermostat(device, known).heat_setpoint_deg == to)
            case ResumeSchedule(device):
                return bool(self._thermostat(device, known).hold == "schedule")
            case SetPermissions(device, to):
                if not isinstance(self.get(device, BatteryPermissions), BatteryMode):
                    return False  # it cannot tell
                allowed = self._reserve(device, known).permissions
                return allowed is not None and set(allowed) == set(to)
            case SetPower() | RenewToken() | SendMail():
                return False
            case _:
                assert_never(action)

    def _write(self, action: Action) -> bool:
        match action:
            case SwitchTo(device, to):
                return self.get(device, Switch).switch(to)
            case SetPower(device, to):
                return self.get(device, PowerLimiter).set_power(to)
            case SetChargeLimit(device, to, ttl_min, phases=int(phases)):
                return self.get(device, PhaseSwitch).set_phase_limit(to, phases, ttl_min=ttl_min)
            case SetChargeLimit(device, to, ttl_min):
                return self.get(device, Charger).set_charge_limit(to, ttl_min=ttl_min)
            case SetReserve(device, to):
                return self.get(device, BatteryReserve).set_reserve(to)
            case SetMode(device, to):
                return self.get(device, BatteryMode).set_mode(to)
            case SetPermissions(device, to):
                return self.get(device, BatteryPermissions).set_permissions(to)
            case SetCoolSetpoint(device, to, until):
                return self.get(device, Thermostat).set_cool_setpoint(to, until=until)
            case SetHeatSetpoint(device, to, until):
                return self.get(device, Thermostat).set_heat_setpoint(to, until=until)
            case ResumeSchedule(device):
                return self.get(device, Thermostat).resume_schedule()
            case RenewToken(account):
                holder = self.account(account)
                assert isinstance(holder, TokenHolder), account
                holder.refresh_token()
                return True
            case SendMail(device):
                raise DeviceError(device, "mail is sent by the run, not by a device")
            case _:
                assert_never(action)

    def _reserve(self, device: str, known: Known) -> Any:
        return known(device, ReserveReading) or self.device(device).read_reserve()

    def _thermostat(self, device: str, known: Known) -> Any:
        return known(device, ThermostatReading) or self.get(device, Thermostat).read_thermostat()
