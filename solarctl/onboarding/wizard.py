"""The wizard: asks, adds to the draft, and tries what it adds. Steps are plug-ins, one file each in steps/.

A step has a name (its table in the answers file), a title, a place in the order, and a function of the wizard.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from solarctl.context import Clock
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError, SolarctlError
from solarctl.onboarding.dialogue import Dialogue, Options
from solarctl.onboarding.draft import Draft
from solarctl.onboarding.trial import Trial, described
from solarctl.readings import Reading

T = TypeVar("T")
ASKED_ALWAYS = ("base_url", "auth_url", "ca_file")


def _always(_wizard: Wizard) -> bool:
    return True


@dataclass(frozen=True)
class Step:
    """One part of setup. `optional`: it is chosen from the list of what people have."""

    name: str
    title: str
    order: int
    run: Callable[[Wizard], None]
    optional: bool = True
    offered: Callable[[Wizard], bool] = _always


@dataclass
class Wizard:
    """What a step works with."""

    draft: Draft
    dialogue: Dialogue
    state_dir: Path
    clock: Clock
    say: Callable[[str], None]
    log: Callable[[str], None] = lambda _line: None
    urge: Callable[[str], None] = lambda _text: None  # says what somebody must do now, also where results are silent
    readings: dict[str, list[Reading]] = field(default_factory=dict)  # of devices tried now
    troubles: list[SolarctlError] = field(default_factory=list)
    picked: dict[str, str] = field(default_factory=dict)  # devices that were chosen among several, by their part

    def run(self, steps: Sequence[Step]) -> None:
        """Go through the steps in order; of the optional ones those that were chosen."""
        optional = [step for step in steps if step.optional and step.offered(self)]
        options = [(step.name, step.title) for step in optional]
        known = [step.name for step in optional if self.dialogue.given(step.name) is not None]
        chosen: list[str] | None = None
        for step in steps:
            if step.optional and chosen is None:
                chosen = self.dialogue.pick_many("setup.steps", "What do you have?", options, known)
            if step.name in (chosen or ()) if step.optional else step.offered(self):
                self.say(f"\n{step.title}")
                step.run(self)

    # --- asking

    def given(self, key: str) -> Any:
        """Return an answer that is known without asking."""
        return self.dialogue.given(key)

    def ask(
        self,
        key: str,
        text: str,
        default: Any = None,
        *,
        secret: bool = False,
        check: Callable[[str], T] | None = None,
    ) -> Any:
        """Return an answer, as `check` makes it; a `ValueError` of `check` is told and the question repeated."""
        while True:
            answer = self.dialogue.ask(key, text, default, secret=secret).strip()
            try:
                return check(answer) if check else answer
            except ValueError as error:
                if not self.dialogue.interactive:
                    raise ConfigError(f"{key} = {answer}: {error}") from None
                self.say(f"  {error}")

    def confirm(self, key: str, text: str, default: bool = True) -> bool:
        return self.dialogue.confirm(key, text, default)

    def pick(self, key: str, text: str, options: Options, default: Any = None) -> Any:
        return self.dialogue.pick(key, text, options, default)

    def pick_many(self, key: str, text: str, options: Options, default: Sequence[Any] = ()) -> list[Any]:
        return self.dialogue.pick_many(key, text, options, default)

    def another(self, key: str, text: str, *, default: bool = False) -> bool:
        """Return whether a person wants one more; answers in a file are lists instead."""
        return self.dialogue.interactive and self.confirm(key, text, default)

    def secret(self, key: str, text: str, file: str) -> Any:
        """Return a reference to a secret: the one given ({ env = … }, …), or a file that the answer goes to."""
        known = self.given(key)
        if isinstance(known, Mapping):
            return dict(known)
        return self.draft.secret(file, self.ask(key, text, secret=True))

    def addresses(self, step: str) -> dict[str, Any]:
        """Return base_url and the like, where answers or imports name them; nobody is asked for them."""
        return {key: found for key in ASKED_ALWAYS if (found := self.given(f"{step}.{key}"))}

    # --- trying

    def trial(self) -> Trial:
        """Open the draft as it is now."""
        return Trial(self.draft.config(), self.state_dir, self.clock, self.log)

    def attempt(
        self,
        what: Callable[[Trial], T],
        again: str = "Try again?",
        *,
        essential: bool = True,
        mend: Callable[[SolarctlError], bool] = lambda _error: False,
    ) -> T | None:
        """Do something with devices; None when it fails for good. Trouble is told, and kept for the exit code.

        `essential` False: a convenience (a list to choose from); its failure costs nothing. `mend`: what may put the
        trouble right, and says whether it did; then it is tried again.
        """
        while True:
            trial = self.trial()
            try:
                found = what(trial)
            except SolarctlError as error:
                self.say(f"  That did not work. {_sentence(error)}")
                if not essential:
                    return None
                if mend(error):
                    continue
                if self.dialogue.interactive and self.confirm("setup.again", again, default=False):
                    continue
                self.troubles.append(error)
                return None
            finally:
                trial.keep()
            return found

    def known_account(self, service: str, step: str) -> str | None:
        """Return an account of this service that is there already and is to be used; None to ask for another one."""
        logins = [self.given(f"{step}.{key}") for key in ("username", "client_id", "host")]
        for name in self.draft.names("accounts"):
            table = self.draft.find(f"accounts.{name}") or {}
            ours = [table.get(key) for key in ("username", "client_id", "host")]
            differs = any(given is not None and str(given) != str(own) for given, own in zip(logins, ours, strict=True))
            if table.get("service") != service or differs:
                continue
            if self.confirm(f"{step}.use_account", f"Use the account {name} that is there?", default=True):
                return name
        return None

    def add_account(self, wish: str, values: Mapping[str, Any]) -> str:
        """Add an account under a free name, or take the one that is there with the same service and login."""
        for name in self.draft.names("accounts"):
            known = self.draft.find(f"accounts.{name}")
            login = ("service", "username", "client_id", "host", "base_url")
            if all(known.get(key) == values.get(key) for key in login):
                return name
        name = self.draft.free_name("accounts", wish)
        self.draft.add(f"accounts.{name}", values)
        return name

    def drop_unused(self, account: str) -> None:
        """Take an account back that no device has come of."""
        used = [self.draft.find(f"devices.{name}.account") for name in self.draft.names("devices")]
        if account not in used:
            self.draft.drop(f"accounts.{account}")

    def add_device(
        self, wish: str, values: Mapping[str, Any], mend: Callable[[str, SolarctlError], bool] = lambda *_: False
    ) -> str | None:
        """Add a device, read everything it tells, and show it; None when it does not answer and is left out.

        `mend` is told the name and the trouble, and may change the draft.
        """
        same = ("driver", "account", "device_id", "serial", "charger_id", "site_id", "host", "topic")
        for name in self.draft.names("devices"):
            known = self.draft.find(f"devices.{name}")
            named = any(values.get(key) for key in same[2:])
            if known == values or (named and all(known.get(key) == values.get(key) for key in same)):
                self.say(f"  {name} is in the config already.")
                return name
        name = self.draft.free_name("devices", wish)
        self.draft.add(f"devices.{name}", values)
        found = self.attempt(lambda trial: list(trial.read_everything(name)), mend=lambda error: mend(name, error))
        if found is None:
            if not self.confirm("setup.keep_silent_devices", f"Keep {name} in the config all the same?", default=False):
                self.draft.drop(f"devices.{name}")
                return None
            return name
        self.readings[name] = found
        for reading in found:
            self.say(f"  {name}: {described(reading)}")
        return name

    def mend_device(self, name: str, values: Mapping[str, Any]) -> None:
        """Change keys of a device; in a table that a person wrote only new keys can be put in."""
        old = (self.draft.old.get("devices") or {}).get(name)
        clash = [key for key in values if isinstance(old, Mapping) and key in old]
        if clash:
            self.say(f"  [devices.{name}] says {', '.join(clash)} already; change it there by hand.")
        else:
            self.draft.add(f"devices.{name}", values)

    # --- what there is

    def devices_that(self, *capabilities: type) -> list[str]:
        """Return the devices, old and new, that offer all these capabilities."""
        fitting = []
        for name in self.draft.names("devices"):
            table = self.draft.find(f"devices.{name}")
            try:
                offered = catalogue.known_capabilities(table, self._learned(name), beside=self.draft.path.parent)
            except ConfigError:
                continue
            measured = {"GridMeter": "grid", "SolarMeter": "solar", "LoadMeter": "load", "BatteryMeter": "battery"}
            wrong = "measures" in table and any(
                measured.get(one.__name__, table["measures"]) != table["measures"] for one in capabilities
            )
            told = {reading.what for reading in self.readings.get(name, ())}  # one driver, several kinds of device
            known = measured | {"Switch": "switch"}
            wrong = wrong or any(told and known.get(one.__name__, next(iter(told))) not in told for one in capabilities)
            if all(one in offered for one in capabilities) and not wrong:
                fitting.append(name)
        return fitting

    def _learned(self, name: str) -> Mapping[str, Any]:
        """Return what a device's driver has stored of it; nothing where there is no state yet."""
        try:
            return self.trial().store.get("devices", name)
        except SolarctlError:
            return {}


def find_steps() -> list[Step]:
    """Return all steps in order."""
    from solarctl.onboarding import steps

    names = [module.name for module in pkgutil.iter_modules(steps.__path__)]
    found: list[Step] = [importlib.import_module(f"{steps.__name__}.{name}").STEP for name in names]
    return sorted(found, key=lambda step: step.order)


def _sentence(error: SolarctlError) -> str:
    return f"{error}. {error.hint}" if error.hint else f"{error}."
