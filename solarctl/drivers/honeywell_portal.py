"""The account at Honeywell's Total Connect Comfort portal (mytotalconnectcomfort.com, US): one log-in for many runs.

The portal is a web site, and its log-in is what it throttles (lock-outs of minutes up to a day are reported). So the
session's cookies are kept between runs; a log-in happens only when the portal has forgotten them, once per run, by one
process at a time, and after a refusal or a lock-out not before a remembered moment.

    accepted        200, JSON {"Redirect": …}, and the next page brings no empty auth cookie
    refused         200, HTML with "Login was unsuccessful"
    turned away     a redirection to …TooManyAttempts, a page about too many attempts, 401
    forgotten       401, 403, a redirection to the log-in page, a page where JSON belongs
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from solarctl.context import Context, Json
from solarctl.drivers.answers import moment
from solarctl.drivers.http import Http, Reply
from solarctl.errors import DeviceLoginError, DeviceReplyError, DeviceUnreachable
from solarctl.settings import Secret, setting
from solarctl.value import value

PORTAL = "https://mytotalconnectcomfort.com"  # without www: that name's certificate failed in October 2025
AJAX = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json, */*;q=0.5"}
AUTH = ".ASPXAUTH"
AUTH_LINE = re.compile(r"(\.ASPXAUTH\w*)=([^;,\s]+)")
TOO_MANY = re.compile(r"TooManyAttempts|too many attempts|maximum number of attempts", re.IGNORECASE)
REFUSED = re.compile(r"Login was unsuccessful|password provided is incorrect|not in the correct format", re.IGNORECASE)
REDIRECTIONS = (301, 302, 303, 307, 308)
FIRST_WAIT = timedelta(minutes=10)  # after a refusal or a lock-out; doubles
LONGEST_WAIT = timedelta(hours=12)
FREE_FAILURES = 2  # log-ins that led nowhere, before they are spaced out
PAGES = 20


@value
class Found:
    """A thermostat of the account, as `setup` offers it."""

    device_id: int
    name: str
    location: str
    unit: str
    alive: bool
    indoor_deg: float | None


class HoneywellAccount:
    """A log-in at the portal, and requests under it."""

    @value
    class Settings:
        username: str = setting(help="the e-mail address you log in with")
        password: Secret = setting(help="the portal's password")
        base_url: str = setting("", help="another address than mytotalconnectcomfort.com")
        ca_file: Path | None = setting(None, help="certificate authority to trust")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._context = context
        self._http: Http | None = None
        self._logged_in_now = False

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        idempotent: bool = True,
    ) -> Any:
        """Return the portal's JSON answer; log in before, where the portal no longer knows us."""

        def ask() -> Reply:
            return self._opened().request(
                method,
                path,
                params=params,
                json=json,
                headers=AJAX,
                idempotent=idempotent,
                retries=1,
                ok=(200, *REDIRECTIONS),
            )

        if not self._auth():
            self._log_in(stale="")
        reply = ask()
        if self._is_forgotten(reply) and not self._logged_in_now:
            self._log_in(stale=self._auth())
            reply = ask()
        if self._is_forgotten(reply):
            self._note_failure("fruitless")
            raise DeviceReplyError(self._name, f"the portal answers a new log-in with a page ({reply.status}), no data")
        self._keep_session()
        return reply.json()

    def thermostats(self) -> list[Found]:
        """Return all thermostats of the account."""
        found: list[Found] = []
        for page in range(1, PAGES):
            try:
                rows = self.call("POST", "/portal/Location/GetLocationListData", params={"page": page, "filter": ""})
            except (DeviceReplyError, DeviceUnreachable):
                if page == 1:
                    raise
                break  # past the last page an error page may come
            if not isinstance(rows, list) or not rows:
                break
            for location in rows:
                found += [_found(str(location.get("Name") or "Home"), one) for one in location.get("Devices") or ()]
        return found

    # --- the session

    def _opened(self) -> Http:
        if self._http is None:
            password = self._settings.password.reveal()
            self._http = Http.of(
                self._context,
                self._name,
                self._settings.base_url or PORTAL,
                ca_file=self._settings.ca_file,
                secrets=(password,),
            )
            self._http.set_cookies(self._stored().get("cookies", {}))
        return self._http

    def _auth(self) -> str:
        """Return the cookie that stands for the session, or nothing."""
        return _auth_of(self._opened().cookies())

    def _stored(self) -> Json:
        return self._context.store.get("accounts", self._name)

    def _store(self, **changes: Any) -> None:
        self._context.store.put("accounts", self._name, self._stored() | changes, vital=True)

    def _keep_session(self) -> None:
        """Keep the cookies for the next run; the portal may have renewed them."""
        cookies = {name: value for name, value in self._opened().cookies().items() if value}
        stored = self._stored()
        if _auth_of(stored.get("cookies", {})) != _auth_of(cookies) or stored.get("failures"):
            self._store(cookies=cookies, failures=0, wait_until=None)

    def _is_forgotten(self, reply: Reply) -> bool:
        if reply.status in REDIRECTIONS:
            target = reply.headers.get("Location", "")
            if TOO_MANY.search(target):
                raise self._turned_away()
            if "/Error" in target:
                raise DeviceUnreachable(self._name, "the portal is out of order (it shows its error page)")
            return True
        return reply.status in (401, 403) or reply.text.lstrip().startswith("<")

    # --- logging in

    def _log_in(self, stale: str) -> None:
        """Get a session, unless another process has got one instead of `stale` meanwhile."""
        seconds = self._context.budget.timeout_s(40)
        with self._context.store.lock(f"login-{self._name}", timeout_s=seconds):
            stored = self._stored()
            self._opened().close()  # with it goes whatever poisoned the cookie jar
            if _auth_of(stored.get("cookies", {})) not in ("", stale):
                self._opened().set_cookies(stored["cookies"])
                return
            self._check_wait(stored)
            self._exchange()
            self._logged_in_now = True

    def _check_wait(self, stored: Json) -> None:
        """Raise while a remembered refusal or lock-out lasts; another password ends a refusal at once."""
        until = moment(stored.get("wait_until"))
        if until is None or self._context.clock.now() >= until:
            return
        if stored.get("trouble") != "refused":
            raise DeviceUnreachable(
                self._name, f"the portal has locked us out; the next log-in is {self._clock(until)}", retry_at=until
            )
        if stored.get("login") == self._fingerprint():
            raise DeviceLoginError(
                self._name,
                f"the portal has refused this password; the next log-in is {self._clock(until)}",
                hint=f"Mend accounts.{self._name}.password; a changed one is tried at once.",
            )

    def _exchange(self) -> None:
        http = self._opened()
        http.request("GET", "/portal", headers=AJAX, retries=1, ok=(200, *REDIRECTIONS))
        fields = {
            "UserName": self._settings.username,
            "Password": self._settings.password.reveal(),
            "RememberMe": "false",
            "timeOffset": "0",
        }
        try:
            reply = http.request(
                "POST",
                "/portal",
                data=fields,  # in the body: an address ends in logs
                headers=AJAX,
                idempotent=False,
                private=True,
                ok=(200, *REDIRECTIONS),
            )
        except DeviceUnreachable as error:
            if error.retry_at is not None:
                self._store(wait_until=error.retry_at.isoformat(), trouble="locked")
            raise
        self._judge(reply)
        auth = _auth_of(http.cookies()) or self._rescued_cookie(reply)
        page = http.request("GET", "/portal", headers=AJAX, retries=1, ok=(200, *REDIRECTIONS))
        if page.status != 200 or not auth or not _auth_of(http.cookies()):
            self._note_failure("fruitless")
            raise DeviceUnreachable(self._name, "the portal took the password and then forgot us; it may be down")
        cookies = {name: value for name, value in http.cookies().items() if value}
        self._store(cookies=cookies, wait_until=None, trouble=None, login=None)

    def _judge(self, reply: Reply) -> None:
        """Raise unless the portal's answer to the log-in says yes."""
        target = reply.headers.get("Location", "")
        if reply.status in (401, 403) or TOO_MANY.search(target) or TOO_MANY.search(reply.text):
            raise self._turned_away()
        if REFUSED.search(reply.text):
            until = self._note_failure("refused")
            raise DeviceLoginError(
                self._name,
                f"the portal refuses {self._settings.username} or the password"
                + (f"; the next log-in is {self._clock(until)}" if until else ""),
                hint=f"Mend accounts.{self._name} in config.toml; a changed password is tried at once.",
            )
        if reply.status in REDIRECTIONS:
            raise DeviceUnreachable(self._name, "the portal is out of order (the log-in leads elsewhere)")
        answer = reply.json()
        if not isinstance(answer, dict) or "Redirect" not in answer:
            raise DeviceReplyError(self._name, "the portal neither accepts nor refuses the log-in")

    def _rescued_cookie(self, reply: Reply) -> str:
        """Take the auth cookie from the header itself, where an expiry date of no known form kept it out of the jar."""
        found = AUTH_LINE.search(reply.headers.get("Set-Cookie", ""))
        if found is None:
            return ""
        self._opened().set_cookies({found[1]: found[2]})
        return found[2]

    def _turned_away(self) -> DeviceUnreachable:
        until = self._note_failure("locked")
        when = f"; the next log-in is {self._clock(until)}" if until else ""
        return DeviceUnreachable(self._name, f"the portal turns log-ins away (too many attempts){when}", retry_at=until)

    def _note_failure(self, trouble: str) -> datetime | None:
        """Remember a log-in that led nowhere; return the moment before which there is no other."""
        failures = int(self._stored().get("failures") or 0) + 1
        free = FREE_FAILURES if trouble == "fruitless" else 0
        until: datetime | None = None
        if failures > free:
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(8, failures - free - 1))
            until = self._context.clock.now() + wait
        self._store(
            cookies={},
            failures=failures,
            trouble=trouble,
            wait_until=until.isoformat() if until else None,
            login=self._fingerprint(),
        )
        self._opened().close()
        return until

    def _fingerprint(self) -> str:
        """Return what tells this log-in from another without telling it."""
        text = f"{self._name}\n{self._settings.username}\n{self._settings.password.reveal()}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _clock(self, moment: datetime) -> str:
        return f"at {moment.astimezone(self._context.timezone):%H:%M}"


def _auth_of(cookies: Mapping[str, str]) -> str:
    return next((value for name, value in cookies.items() if name.startswith(AUTH) and value), "")


def _found(location: str, one: Mapping[str, Any]) -> Found:
    data = one.get("ThermostatData") or {}
    indoor = data.get("IndoorTemperature")
    return Found(
        device_id=int(one["DeviceID"]),
        name=str(one.get("Name") or one["DeviceID"]),
        location=location,
        unit="F" if data.get("DisplayUnits") in (1, "F", None) else "C",
        alive=bool(one.get("IsAlive", True)),
        indoor_deg=None if indoor in (None, 128) else float(indoor),
    )
