"""SolaxCloud: the last upload of a SolaX inverter, as grid, solar, load and battery meter.

    [accounts.solax]    service = "solax-cloud", token
    [devices.inverter]  driver = "solax-cloud", account, serial (the registration number of the dongle!)

What is odd about it:
- The dongle uploads every five minutes; the cloud repeats the last upload for ever, with success. Only the time tells.
- `uploadTime` is the plant's wall clock without zone. `utcDateTime` is right in v2 and wrong outside China in v1.
- Export and charging are positive. Without a battery the charge is 0.0 or null.
- Errors come with HTTP 200; `exception` also carries "operation success"; v1 puts an error text into `result`;
  "token invalid!" repeats the token.
- Too many requests lead to a block of up to an hour (solax_quota.py). One request serves all four meters of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from solarctl.context import Context
from solarctl.drivers import redaction
from solarctl.drivers.answers import number, table, whole, words
from solarctl.drivers.http import Http
from solarctl.drivers.solax_kept import STRINGS, Answer, Keeper, moment
from solarctl.drivers.solax_quota import Quota, UsedUp, block_min
from solarctl.errors import (
    BusyError,
    DeviceError,
    DeviceLoginError,
    DeviceReplyError,
    DeviceSetupError,
    DeviceUnreachable,
    StateError,
)
from solarctl.readings import BatteryReading, GridReading, LoadReading, SolarReading
from solarctl.settings import Secret, account, setting
from solarctl.value import value

HOSTS = {"v2": "https://global.solaxcloud.com", "v1": "https://www.solaxcloud.com"}
V2_PATH = "/api/v2/dataAccess/realtimeInfo/get"
V1_PATH = "/proxyApp/proxy/api/getRealtimeInfo.do"
TIMEOUT_S = 15
SAME_ANSWER_S = 60  # a run is one moment; only a command that runs on for minutes asks again
SHARED_S = 50  # so old an answer of another command is taken by one that only looks; the dongle uploads every 5 min
WAIT_S = 5.0  # for another command that is asking just now
CLOCK_SKEW = timedelta(minutes=5)
BATTERY_DISCONNECTED = "2"
DONGLE = "serial is the registration number of the dongle (on its label, or in the app), not the inverter's."
COPY_AGAIN = "Copy the token anew: SolaxCloud, Service, API; and write it to the account's token."
CODES: Mapping[int, tuple[type[DeviceError], str, str]] = {
    103: (DeviceLoginError, "SolaxCloud does not accept the token", COPY_AGAIN),
    1001: (DeviceLoginError, "SolaxCloud does not let this token use the interface", COPY_AGAIN),
    1002: (DeviceSetupError, "SolaxCloud does not accept this serial", DONGLE),
    1003: (DeviceSetupError, "SolaxCloud knows no such serial for this token", DONGLE),
    2001: (DeviceUnreachable, "SolaxCloud could not do it just now", ""),
    2002: (DeviceUnreachable, "SolaxCloud has no data of this inverter", "Is the dongle online?"),
}
TEXTS: Mapping[str, int] = {"token invalid": 103, "did not access": 1003, "no auth": 1003}  # v1 has no codes


class SolaxAccount:
    """A token of SolaxCloud."""

    @value
    class Settings:
        token: Secret = setting(help="from SolaxCloud: Service, API")
        api: Literal["v2", "v1"] = setting("v2", help="the interface to use; v1 is the older one")
        base_url: str = setting("", help="in place of the vendor's host, scheme://host[:port]")
        ca_file: Path | None = setting(None, help="CA certificates of that host")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self.settings = settings
        self._context = context
        self.quota = Quota(name, context)

    def fetch(self, device: str, serial: str, api: str) -> Mapping[str, Any]:
        """Ask for the last upload of a dongle; one request, two when the line breaks."""
        self.quota.check()
        token = self.settings.token.reveal()
        base_url = self.settings.base_url or HOSTS[api]
        http = Http.of(self._context, device, base_url, ca_file=self.settings.ca_file, secrets=(token,))
        try:
            if api == "v1":
                query = {"tokenId": token, "sn": serial}
                reply = http.request(
                    "GET",
                    V1_PATH,
                    params=query,
                    timeout_s=TIMEOUT_S,
                    retries=1,
                    each=self.quota.take,
                    unsent=self.quota.give_back,
                )
            else:
                reply = http.request(
                    "POST",
                    V2_PATH,
                    json={"wifiSn": serial},
                    headers={"tokenId": token},
                    idempotent=True,
                    timeout_s=TIMEOUT_S,
                    retries=1,
                    each=self.quota.take,
                    unsent=self.quota.give_back,
                )
        except UsedUp:
            raise
        except DeviceUnreachable as error:
            if error.retry_at is not None:
                self.quota.block((error.retry_at - self._context.clock.now()).total_seconds() / 60)
            raise
        if reply.status in (401, 403):
            raise DeviceLoginError(device, f"SolaxCloud refuses the token ({reply.status})", hint=COPY_AGAIN)
        return self._result(device, table(reply.json(), device, "SolaxCloud's answer"), token)

    def _result(self, device: str, envelope: Mapping[str, Any], token: str) -> Mapping[str, Any]:
        """Return the upload inside an envelope, or raise what its error means."""
        result = envelope.get("result")
        if envelope.get("success") is True and isinstance(result, Mapping):
            return result
        if envelope.get("success") is True and result is None:
            raise DeviceUnreachable(
                device,
                "SolaxCloud has no data of this inverter yet",
                hint="Is the dongle online? It uploads every 5 min.",
            )
        said = words(result) or words(envelope.get("exception"))
        code = whole(envelope.get("code"))
        minutes = block_min(said, code)
        if minutes is not None:
            self.quota.block(minutes)
            self.quota.check()
        known = next((meant for marker, meant in TEXTS.items() if marker in said.lower()), code)
        shown = redaction.excerpt(said, (token,)) or "no reason"
        if known is not None and known in CODES:
            kind, message, hint = CODES[known]
            raise kind(device, f"{message} ({shown})", hint=hint)
        raise DeviceReplyError(device, f"SolaxCloud answered: {shown}" + (f" (code {code})" if code else ""))


class SolaxCloud:
    """An inverter as SolaxCloud saw it last."""

    @value
    class Settings:
        account: str = account("solax-cloud", help="the account whose token sees this inverter")
        serial: str = setting(help="registration number of the dongle, not the inverter's serial")
        api: Literal["v2", "v1"] | None = setting(None, help="v2 or v1, when it differs from the account's")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context

    def read_grid(self) -> GridReading:
        answer = self._answer()
        return GridReading(
            at=answer.at,
            grid_w=-self._needed(answer, "feedinpower"),  # SolaX counts export as +
            import_kwh=number(answer.values.get("consumeenergy")),
            export_kwh=number(answer.values.get("feedinenergy")),
        )

    def read_solar(self) -> SolarReading:
        """Return the panels' power: the sum of the strings, or, where none is told, what must have come from them."""
        answer = self._answer()
        strings = [number(answer.values.get(key)) for key in STRINGS]
        known = [power_w for power_w in strings if power_w is not None]
        if known:
            return SolarReading(at=answer.at, solar_w=sum(known))
        # at night the strings may be null; acpower = solar − batPower then leaves the inverter's own losses
        balance_w = self._needed(answer, "acpower") + self._needed(answer, "batPower")
        return SolarReading(at=answer.at, solar_w=max(0.0, balance_w))

    def read_load(self) -> LoadReading:
        """Return what the house consumes: what the inverter gives, less what leaves the house."""
        answer = self._answer()
        return LoadReading(at=answer.at, load_w=self._needed(answer, "acpower") - self._needed(answer, "feedinpower"))

    def read_battery(self) -> BatteryReading:
        """Return the charge; None where the cloud has none: null, outside 0–100, no battery."""
        answer = self._answer()
        power_w = number(answer.values.get("batPower"))
        soc_pct = number(answer.values.get("soc"))
        absent = words(answer.values.get("batStatus")) == BATTERY_DISCONNECTED
        if absent or soc_pct is None or not 0 <= soc_pct <= 100:
            self._context.log(
                f"{self._name}: no charge known: soc {answer.values.get('soc')!r}, "
                f"batStatus {answer.values.get('batStatus')!r}"
            )
            soc_pct = None
        return BatteryReading(
            at=answer.at,
            soc_pct=soc_pct,
            battery_w=-power_w if power_w is not None else None,  # SolaX counts charging as +
        )

    def _needed(self, answer: Answer, key: str) -> float:
        found = number(answer.values.get(key))
        if found is None:
            raise DeviceReplyError(
                self._name, f"SolaxCloud sends no usable {key} (it is {_shown(answer.values.get(key))})"
            )
        return found

    @property
    def _account(self) -> SolaxAccount:
        found: SolaxAccount = self._context.account(self._settings.account)
        return found

    @property
    def _api(self) -> str:
        return self._settings.api or self._account.settings.api

    def _answer(self) -> Answer:
        """Return the run's one answer, or raise again what came instead of it."""
        key = f"solax {self._settings.account} {self._settings.serial} {self._api}"
        asked = self._context.shared.get(key)
        if asked is None or self._context.clock.monotonic() - asked[0] > SAME_ANSWER_S:
            asked = (self._context.clock.monotonic(), self._ask())
            self._context.shared[key] = asked
        if isinstance(asked[1], DeviceError):
            raise asked[1]
        answer: Answer = asked[1]
        return answer

    def _ask(self) -> Answer | DeviceError:
        began = self._context.clock.now()
        with ExitStack() as held:
            with suppress(BusyError, StateError):  # one request more does no harm; none for a low battery would
                lock = self._context.store.lock(f"ask-{self._settings.account}", timeout_s=WAIT_S)
                held.enter_context(lock)
            keeper = self._keeper()
            kept = keeper.last()
            if kept is not None and kept.arrived > self._context.fresh_since(began, SHARED_S):
                self._context.log(f"{self._name}: another command has just asked; its answer serves")
                return kept.answer
            try:
                values = self._account.fetch(self._name, self._settings.serial, self._api)
                answer = Answer(self._uploaded_at(values), values)
            except UsedUp as error:
                self._context.log(f"{self._name}: this minute's requests are used up; the last answer serves, if any")
                return kept.answer if kept is not None else error
            except DeviceError as error:
                return error
            keeper.keep(answer)
            return answer

    def _uploaded_at(self, values: Mapping[str, Any]) -> datetime:
        """Return when the values were true."""
        now = self._context.clock.now()
        utc = moment(values.get("utcDateTime")) if self._api == "v2" else None
        if utc is not None and utc.tzinfo is None:
            utc = utc.replace(tzinfo=UTC)
        local = moment(values.get("uploadTime"))
        if local is not None and local.tzinfo is None:
            # fold=0: in the hour that comes twice in autumn, take the values for the older ones
            local = local.replace(tzinfo=self._context.timezone, fold=0)
        if utc is not None and (local is None or utc <= now + CLOCK_SKEW):
            return utc.astimezone(self._context.timezone)
        if local is not None:
            return local.astimezone(self._context.timezone)
        raise DeviceReplyError(
            self._name,
            f"SolaxCloud does not say when its values were true (uploadTime {_shown(values.get('uploadTime'))})",
        )

    def _keeper(self) -> Keeper:
        """Return what keeps answers to this question: of this dongle, by this interface, with this token."""
        account = self._account.settings
        question = (account.token.reveal(), account.base_url, self._settings.serial, self._api)
        return Keeper(self._name, self._context, question)


def _shown(value: Any) -> str:
    return "null" if value is None else repr(value)[:40]
