"""Easee: a charger behind Easee's cloud, by the API as it is since September 2026.

    [accounts.easee]  service = "easee", username, password
    [devices.car]     driver = "easee", account, charger_id (site and circuit are found out)

What is odd about it (docs/easee.md):
- The state is read from the observations endpoint (no /api before it); the old /state route was removed.
- Each value bears the time of its last change. An idle charger is silent for a quarter of an hour.
- Written is the *dynamic current of the circuit*, with minutes to live; then the offline maximum holds. It lives in
  memory. All "max" and "offline" limits are in flash, wear out, and are never written here.
- A write is accepted by the cloud first and by the charger a second or two later; the answer may be empty.
- Below 6 A nothing is offered; decimals are dropped; of unequal phases the lowest counts, but a phase at 0 is off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from solarctl.context import Context, Json
from solarctl.drivers.answers import flag, number, rows, table, whole, words
from solarctl.drivers.easee_account import EaseeAccount
from solarctl.drivers.easee_state import IDS, State, parse
from solarctl.drivers.http import Reply
from solarctl.errors import DeviceError, DeviceRefused, DeviceReplyError, DeviceSetupError
from solarctl.readings import ChargerReading
from solarctl.settings import account, setting
from solarctl.value import value

SAME_ANSWER_S = 5.0  # a run is one moment
LOOKS = 6  # at a command's fate
LOOK_S = 1.0
EXPIRED, REJECTED = 2, 4


class Easee:
    """One charger."""

    @value
    class Settings:
        account: str = account("easee", help="the account that may use this charger")
        charger_id: str = setting("", help="the charger's serial, EH…; not needed when the account has only one")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    # --- Charger, PhaseSwitch

    def read_charger(self) -> ChargerReading:
        state = self._state()
        place = self._kept()
        return state.reading(can_switch_phases=bool(place.get("alone")))

    def set_charge_limit(self, limit_a: int, *, ttl_min: float) -> bool:
        return self._write((limit_a, limit_a, limit_a), ttl_min)

    def set_phase_limit(self, limit_a: int, phases: int, *, ttl_min: float) -> bool:
        return self._write((limit_a, 0, 0) if phases == 1 else (limit_a, limit_a, limit_a), ttl_min)

    # --- reading

    def _state(self) -> State:
        """Return the run's one look at the charger, or raise again what came instead of it."""
        key = f"easee {self._name}"
        asked = self._context.shared.get(key)
        if asked is None or self._context.clock.monotonic() - asked[0] > SAME_ANSWER_S:
            try:
                found: State | DeviceError = self._ask()
            except DeviceError as error:
                found = error
            asked = (self._context.clock.monotonic(), found)
            self._context.shared[key] = asked
        if isinstance(asked[1], DeviceError):
            raise asked[1]
        state: State = asked[1]
        return state

    def _ask(self) -> State:
        reply = self._account.call(
            self._name,
            "GET",
            f"/state/{self._serial()}/observations",
            kind="observations",
            params={"ids": ",".join(map(str, IDS))},
        )
        seen = parse(reply.json(), self._name)
        if not seen:
            raise DeviceReplyError(self._name, "Easee tells nothing about the charger")
        return State(seen, self._context.now(), self._name)

    # --- writing

    def _write(self, amps: tuple[int, int, int], ttl_min: float) -> bool:
        """Set the circuit's dynamic current; return whether the charger has accepted it already."""
        if ttl_min <= 0 or not all(0 <= one <= 80 for one in amps):
            raise DeviceRefused(self._name, f"{max(amps)} A for {ttl_min:g} min is no limit for a charger")
        body = {"phase1": amps[0], "phase2": amps[1], "phase3": amps[2], "timeToLive": math.ceil(ttl_min)}
        self._context.shared.pop(f"easee {self._name}", None)
        try:
            reply = self._account.call(self._name, "POST", self._circuit_path(), kind="settings", json=body)
        except (DeviceRefused, DeviceSetupError):
            if not self._forget_place():
                raise
            # the charger was moved to another circuit since we found it: look once more
            reply = self._account.call(self._name, "POST", self._circuit_path(), kind="settings", json=body)
        return self._is_accepted(_commands(reply), amps)

    def _is_accepted(self, commands: list[Mapping[str, Any]] | None, amps: tuple[int, int, int]) -> bool:
        """Follow the command until the charger has answered; without a command, look at the circuit itself."""
        if commands == []:
            return True  # it was so already
        for look in range(LOOKS):
            if commands is None and look == 2:
                return False
            self._context.clock.sleep(LOOK_S)
            fate = self._circuit_is_at(amps) if commands is None else self._fate(commands[0])
            if fate:
                return True
        return False

    def _fate(self, command: Mapping[str, Any]) -> bool:
        """Return whether the charger has accepted; `DeviceRefused` when it never will."""
        device = words(command.get("device")) or self._serial()
        path = f"/api/commands/{device}/{whole(command.get('commandId'))}/{command.get('ticks')}"
        reply = self._account.call(self._name, "GET", path, optional=True)
        if reply.status >= 400:
            return False  # not known yet
        found = table(reply.json(), self._name, "Easee's answer about a command")
        accepted, result = flag(found.get("wasAccepted")), whole(found.get("resultCode"))
        if accepted:
            return True
        if result == EXPIRED:
            raise DeviceRefused(self._name, "the charger did not hear the limit in time", hint="Is it on line?")
        if result == REJECTED or accepted is False:
            raise DeviceRefused(
                self._name, "the charger did not accept the limit", hint="Look at the Easee app: is it enabled?"
            )
        return False

    def _circuit_is_at(self, amps: tuple[int, int, int]) -> bool:
        reply = self._account.call(self._name, "GET", self._circuit_path(), optional=True)
        if reply.status >= 400:
            return False
        found = table(reply.json(), self._name, "the circuit's current")
        return tuple(number(found.get(f"phase{phase}")) for phase in (1, 2, 3)) == amps

    # --- where the charger is

    @property
    def _account(self) -> EaseeAccount:
        found: EaseeAccount = self._context.account(self._settings.account)
        return found

    def _kept(self) -> Json:
        """Return what was found out about this very charger."""
        kept = self._context.store.get("devices", self._name)
        wanted = self._settings.charger_id
        return kept if not wanted or kept.get("serial") == wanted else {}

    def _forget_place(self) -> bool:
        """Forget site and circuit; return whether they were only remembered."""
        was_kept = "circuit" in self._kept() and not self._context.shared.get(f"easee found {self._name}")
        self._context.store.put("devices", self._name, {})
        return was_kept

    def _serial(self) -> str:
        serial = self._settings.charger_id or words(self._kept().get("serial"))
        if serial:
            return serial
        chargers = rows(self._account.call(self._name, "GET", "/api/chargers").json(), self._name, "Easee's chargers")
        serials = [words(row.get("id")) for row in chargers]
        if len(serials) != 1:
            what = f"{len(serials)} chargers ({', '.join(serials)})" if serials else "no charger"
            raise DeviceSetupError(
                self._name, f"this Easee account has {what}", hint=f"Set devices.{self._name}.charger_id."
            )
        self._context.store.put("devices", self._name, {"serial": serials[0]})
        return serials[0]

    def _circuit_path(self) -> str:
        kept = self._kept()
        if whole(kept.get("circuit")) is None or whole(kept.get("site")) is None:
            kept = self._found()
        return f"/api/sites/{kept['site']}/circuits/{kept['circuit']}/dynamicCurrent"

    def _found(self) -> Json:
        """Find site and circuit of the charger, and whether it is alone there."""
        serial = self._serial()
        path = f"/api/chargers/{serial}/site"
        site = table(
            self._account.call(self._name, "GET", path, kind="site").json(), self._name, "Easee's site of the charger"
        )
        for circuit in rows(site.get("circuits"), self._name, "the site's circuits"):
            serials = [words(row.get("id")) for row in rows(circuit.get("chargers"), self._name, "its chargers")]
            if serial in serials:
                place = {"site": whole(site.get("id")), "circuit": whole(circuit.get("id"))}
                if None in place.values():
                    break
                kept: Json = {"serial": serial, **place, "alone": len(serials) == 1}
                self._context.store.put("devices", self._name, kept)
                self._context.shared[f"easee found {self._name}"] = True
                return kept
        raise DeviceReplyError(self._name, f"Easee does not tell on which circuit {serial} is")


def _commands(reply: Reply) -> list[Mapping[str, Any]] | None:
    """Return the commands that a write has become; an empty list: nothing to change; None: the answer does not tell."""
    if not reply.text.strip():
        return None
    try:
        body = reply.json()
    except DeviceReplyError:
        return None  # the status alone counts
    listed = [body] if isinstance(body, Mapping) else body if isinstance(body, list) else None
    if listed is None:
        return None
    commands = [row for row in listed if isinstance(row, Mapping) and whole(row.get("ticks"))]
    return commands if commands or not listed else None
