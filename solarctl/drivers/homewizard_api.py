"""One HomeWizard device in the house's network: API v1 (plain, switched on in the app) or v2 (TLS and a token).

Who answers is known by the serial: v2 proves it by its certificate, v1 says it at /api (and so does v2 where a CA of
the owner's vouches for a host's name only). It is learned at first contact; when another device answers at the address
one day (addresses are lent by the router), nothing is read from it and nothing is switched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.context import Context
from solarctl.drivers import answers
from solarctl.drivers.http import Http, Reply
from solarctl.drivers.redaction import excerpt
from solarctl.errors import (
    DeviceError,
    DeviceLoginError,
    DeviceRefused,
    DeviceReplyError,
    DeviceSetupError,
    DeviceUnreachable,
)
from solarctl.settings import Secret
from solarctl.value import value

BATTERIES = "/api/batteries"
RETRIES = 1  # polls get lost on these Wi-Fi devices at full signal, too
LOCAL_API_OFF = 202
NOT_MODIFIABLE = 8
OUT_OF_ORDER = (901, "request:internal-server-error")


@value
class Identity:
    """What kind of device it is, e.g. HWE-SKT, its serial (12 hex digits) and the API's version."""

    product_type: str
    serial: str
    version: str


class HomeWizardApi:
    """Requests to one device, never before it is known to be the right one."""

    def __init__(
        self,
        name: str,
        context: Context,
        *,
        address: str,
        token: Secret | None,
        serial: str,
        ca_file: Path | None,
        timeout_s: float,
    ) -> None:
        self._name = name
        self._context = context
        self._token = token
        self._serial = _plain(serial)
        self._ca_file = ca_file
        self._timeout_s = timeout_s
        self.is_v2 = token is not None or address.startswith("https://")
        if "://" not in address:
            address = f"{'https' if self.is_v2 else 'http'}://{address}"
        self._address = address.rstrip("/")

    @property
    def identity(self) -> Identity:
        """Who answers; asked once in a run, and of v2 only once ever."""
        known = self._stored()
        if self.is_v2 and known is not None and self._address.startswith("https://"):
            return known
        kept = self._answers()
        if "silence" in kept:
            raise kept["silence"]
        if "identity" not in kept:
            try:
                kept["identity"] = self._introduced(known)
            except DeviceUnreachable as error:
                kept["silence"] = error  # so one run waits for a dead device once
                raise
        found: Identity = kept["identity"]
        return found

    def try_again(self) -> None:
        """Forget that it was silent: who wants to change something is worth another try."""
        self._answers().pop("silence", None)

    @property
    def kind(self) -> str:
        """Return its kind as it is known from before; only a device that was never seen is asked."""
        known = self._stored()
        return (known or self.identity).product_type

    def get(self, path: str, *, again: bool = False) -> Mapping[str, Any]:
        """Return a JSON object of the device; each is asked for once in a run, or `again`."""
        self._be_sure()
        kept = self._answers()
        if again or path not in kept:
            said = self._table(self._send("GET", path), path)
            self._be_proved()
            kept[path] = said
        found: Mapping[str, Any] = kept[path]
        return found

    def put(self, path: str, body: Mapping[str, Any]) -> None:
        """Change something; what was read before is forgotten."""
        self.try_again()
        self._be_sure()
        if self._ca_file is not None:
            self._be_proved()  # before anything is changed
        self._answers().pop(path, None)
        self._send("PUT", path, body)

    # --- who it is

    def _be_sure(self) -> None:
        """Ask a device that does not prove its serial by its certificate who it is."""
        if not self._address.startswith("https://"):
            _ = self.identity

    def _be_proved(self) -> None:
        """Ask a device whose certificate bears the host's name instead of a serial who it is."""
        kept = self._answers()
        if self._address.startswith("https://") and not kept.get("proved") and "identity" not in kept:
            kept["identity"] = self._introduced(self._stored())

    def _introduced(self, known: Identity | None) -> Identity:
        said = self._table(self._send("GET", "/api"), "/api")
        found = Identity(
            answers.words(said.get("product_type")),
            _plain(answers.words(said.get("serial"))),
            answers.words(said.get("api_version")),
        )
        if not found.product_type:
            raise DeviceReplyError(self._name, "what answers there does not say which HomeWizard device it is")
        self._judge(found.serial)
        if known != found:
            stored = self._context.store.get("devices", self._name)
            serial = self._serial or found.serial
            seen = {"serial": serial, "product_type": found.product_type, "api_version": found.version}
            self._context.store.put("devices", self._name, stored | seen, vital=True)
        return found

    def _stored(self) -> Identity | None:
        stored = self._context.store.get("devices", self._name)
        serial, product = answers.words(stored.get("serial")), answers.words(stored.get("product_type"))
        if not serial or not product or (self._serial and self._serial != serial):
            return None
        return Identity(product, serial, answers.words(stored.get("api_version")))

    def _judge(self, serial: str) -> None:
        """Refuse a device with another serial than the one that is known."""
        known = self._stored()
        wanted = self._serial or (known.serial if known else "")
        if wanted and _plain(serial) != wanted:
            raise DeviceRefused(
                self._name,
                f"another device answers at its address: serial {_plain(serial) or 'unknown'} instead of {wanted}",
                hint=f'Correct the address, or write serial = "{_plain(serial)}" if it was replaced.',
            )

    def _proved(self, serial: str) -> None:
        """Judge the serial that a certificate bears."""
        self._judge(serial)
        self._answers()["proved"] = True

    # --- on the wire

    def _http(self) -> Http:
        token = self._token.reveal().strip() if self._token else ""
        headers = {"X-Api-Version": "2"} if self.is_v2 else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        tls = None
        if self._address.startswith("https://"):
            from solarctl.drivers.homewizard_tls import tls_context

            tls = lambda: tls_context(self._name, self._ca_file, self._proved)  # noqa: E731
        return Http.of(
            self._context, self._name, self._address, ca_file=self._ca_file, headers=headers, secrets=(token,), tls=tls
        )

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        reply = self._http().request(
            method, path, json=body, timeout_s=self._timeout_s, retries=RETRIES, ok=(200, 204, 400, 404)
        )
        if reply.status < 300:
            return reply
        raise self._failure(reply, method, path)

    def _failure(self, reply: Reply, method: str, path: str) -> DeviceError:
        """Return what an error answer means."""
        try:
            error = reply.json().get("error")
        except (DeviceReplyError, AttributeError):
            error = None
        code = answers.whole(error.get("id")) if isinstance(error, Mapping) else None
        text = answers.words(error.get("code") if isinstance(error, Mapping) else error)
        if reply.status == 401 or text == "user:unauthorized":
            hint = "Pair again (press the button when told): solarctl setup."
            message = "it does not know the token" if self._token else "API v2 wants a token"
            return DeviceLoginError(self._name, message, hint=hint)
        if reply.status == 403 and (code == LOCAL_API_OFF or not self.is_v2):
            hint = "Switch it on in the app: Settings > Meters > this device > Local API."
            return DeviceSetupError(self._name, "its local API is switched off", hint=hint)
        if reply.status == 403:
            return DeviceLoginError(self._name, f"it does not allow that ({text or 403})")
        if code == NOT_MODIFIABLE:
            hint = "Take the lock off in the app, or leave this socket out."
            return DeviceRefused(self._name, "the socket is locked on and cannot be switched off", hint=hint)
        if reply.status == 404:
            return DeviceSetupError(self._name, f"it has no {path}", hint=self._missing(path))
        said = text or excerpt(reply.text, limit=80)
        if code in OUT_OF_ORDER or text in OUT_OF_ORDER:
            return DeviceUnreachable(self._name, f"it is out of order ({said or code})")
        if method == "PUT":
            hint = "Its firmware may not know this yet; update it in the app."
            return DeviceRefused(self._name, f"it does not take that ({said or reply.status})", hint=hint)
        return DeviceReplyError(self._name, f"it answered {reply.status}" + (f": {said}" if said else ""))

    def _missing(self, path: str) -> str:
        """Return what to do about a question that the device does not know."""
        if path == BATTERIES and not self.is_v2:
            return "Batteries are managed over API v2: pair with this meter, by its button (solarctl setup)."
        return "Its kind or its firmware cannot do this."

    def _table(self, reply: Reply, path: str) -> Mapping[str, Any]:
        return answers.table(reply.json(), self._name, f"the answer to {path}")

    def _answers(self) -> dict[str, Any]:
        kept: dict[str, Any] = self._context.shared.setdefault("answers", {}).setdefault(f"homewizard {self._name}", {})
        return kept


def _plain(serial: str) -> str:
    """Return a serial as the devices write it: lower case, no separators.

    >>> _plain("5C:2F:AF:AA:BB:CC")
    '5c2fafaabbcc'
    """
    return serial.strip().lower().replace(":", "").replace("-", "")


__all__ = ["DeviceUnreachable", "HomeWizardApi", "Identity"]
