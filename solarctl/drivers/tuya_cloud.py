"""Signed calls to Tuya's Open API, by the server's time when ours is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from solarctl.context import Context, Json
from solarctl.drivers import redaction
from solarctl.drivers.answers import number, table, whole, words
from solarctl.drivers.http import Http
from solarctl.drivers.tuya_errors import NO_CALLS, QUOTA_CODES, TIME_CODE, TRANSIENT_CODES, meaning
from solarctl.drivers.tuya_sign import sign
from solarctl.errors import (
    BusyError,
    DeviceLoginError,
    DeviceReplyError,
    DeviceUnreachable,
    SolarctlError,
    StateError,
)
from solarctl.value import value

TOKEN_PATH = "/v1.0/token"  # noqa: S105  an address
CLIENT_ERRORS = tuple(status for status in range(400, 429) if status != 408)  # a verdict may be inside
PAUSE_S = 2.0  # before the one repetition when Tuya is busy
QUOTA_REST = timedelta(hours=1)  # a month begins, or somebody extends the trial: nobody tells us which, or when
PLAUSIBLE_MS = (1.6e12, 4.1e12)  # 2020 to 2099; anything else in `t` is no time


@value
class Project:
    """A cloud project: where it is, and who asks."""

    base_url: str
    client_id: str
    secret: str
    ca_file: Path | None = None


@value
class Call:
    """What is asked; `idempotent` as in `Http.request`."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Any = None
    idempotent: bool | None = None

    @property
    def is_for_token(self) -> bool:
        return self.path.startswith(TOKEN_PATH)

    @property
    def may_repeat(self) -> bool:
        return self.method == "GET" if self.idempotent is None else self.idempotent


@value
class Answer:
    """The envelope of an answer."""

    success: bool
    result: Any
    code: int | None
    text: str
    server_ms: float | None


class TuyaCloud:
    """The cloud as one account's calls see it; `note` is told when the state cannot be read or written."""

    def __init__(self, name: str, project: Project, context: Context, note: Callable[[SolarctlError], None]) -> None:
        self._name = name
        self._project = project
        self._context = context
        self._note = note
        self._offset_s: float | None = None  # server's clock − ours

    def ask(self, device: str, call: Call, access_token: str = "") -> Answer:
        """Send one call; once more with the server's time when ours is wrong, or when Tuya is busy.

        None is sent while the calls of the plan are used up, or before a moment that Tuya named.
        """
        self._check_rest()
        try:
            answer = self._asked(device, call, access_token)
        except DeviceUnreachable as error:
            self._rest(error)
            raise
        if answer.code in QUOTA_CODES and not answer.success:
            about = meaning(answer.code)
            until = self._context.clock.now() + QUOTA_REST
            local = until.astimezone(self._context.timezone)
            words = f"{about.message}; nothing is asked before {local:%H:%M} ({self._said(answer)})"
            refusal = DeviceUnreachable(self._name, words, hint=about.hint, retry_at=until)
            self._rest(refusal)
            raise refusal
        return answer

    def _asked(self, device: str, call: Call, access_token: str) -> Answer:
        answer = self._send(device, call, access_token)
        if answer.code == TIME_CODE and not answer.success and self._learn_offset(answer):
            answer = self._send(device, call, access_token)
        is_busy = answer.code in TRANSIENT_CODES and not answer.success
        if is_busy and call.may_repeat and self._context.budget.remaining_s() > PAUSE_S:
            self._context.clock.sleep(PAUSE_S)
            answer = self._send(device, call, access_token)
        return answer

    def result_of(self, device: str, answer: Answer) -> Any:
        """Return the result inside an answer, or raise what its error means."""
        if answer.success:
            return answer.result
        about = meaning(answer.code)
        raise about.kind(device, f"{about.message} ({self._said(answer)})", hint=about.hint)

    def _said(self, answer: Answer) -> str:
        shown = redaction.excerpt(answer.text, (self._project.secret,)).rstrip(".") or "no text"
        return f"{shown}, code {answer.code}"

    def _send(self, device: str, call: Call, access_token: str) -> Answer:
        import json

        project = self._project
        # serialised once: the signature is over the bytes that are sent
        content = b"" if call.body is None else json.dumps(call.body, separators=(",", ":")).encode()
        t = str(int((self._context.clock.now().timestamp() + self._known_offset_s()) * 1000))
        headers = {"client_id": project.client_id, "sign_method": "HMAC-SHA256", "t": t, "lang": "en"}
        headers["sign"] = sign(
            project.client_id,
            project.secret,
            t,
            call.method,
            call.path,
            query=call.query,
            body=content,
            access_token=access_token,
        )
        if access_token:
            headers["access_token"] = access_token
        if content:
            headers["Content-Type"] = "application/json"
        http = Http.of(self._context, device, project.base_url, ca_file=project.ca_file, secrets=(project.secret,))
        http.hide(access_token, call.path.removeprefix(f"{TOKEN_PATH}/") if call.is_for_token else "")
        reply = http.request(
            call.method,
            call.path,
            params=dict(sorted(call.query.items())) if call.query else None,
            data=content or None,
            headers=headers,
            idempotent=call.idempotent,
            ok=CLIENT_ERRORS,
            private=call.is_for_token,
        )
        try:
            return _opened(table(reply.json(), device, "Tuya's answer"), device)
        except DeviceReplyError:
            if reply.status in (401, 403) or (call.is_for_token and reply.status >= 400):
                raise DeviceLoginError(
                    device, f"Tuya refuses the log-in ({reply.status})", hint="Check region, client_id, client_secret."
                ) from None
            raise

    # --- when it must be left alone

    def _check_rest(self) -> None:
        """Raise `DeviceUnreachable` while Tuya would refuse; a state that cannot be read stops no call."""
        from solarctl.drivers import left_alone

        try:
            left_alone.check(self._context, self._name, "accounts", why="Tuya wants no calls", hint=NO_CALLS)
        except (StateError, BusyError) as error:
            self._note(error)

    def _rest(self, error: DeviceUnreachable) -> None:
        from solarctl.drivers import left_alone

        try:
            left_alone.remember(self._context, self._name, error, "accounts")
        except (StateError, BusyError) as trouble:
            self._note(trouble)

    # --- the server's time

    def _known_offset_s(self) -> float:
        if self._offset_s is None:
            self._offset_s = number(self._remembered().get("clock_offset_s")) or 0.0
        return self._offset_s

    def _learn_offset(self, answer: Answer) -> bool:
        """Take the server's time for right, and return whether that changes anything."""
        if answer.server_ms is None or not PLAUSIBLE_MS[0] < answer.server_ms < PLAUSIBLE_MS[1]:
            return False
        offset_s = answer.server_ms / 1000 - self._context.clock.now().timestamp()
        if abs(offset_s - self._known_offset_s()) < 1:
            return False
        self._context.log(f"{self._name}: this computer's clock differs from Tuya's by {offset_s:.0f} s")
        self._offset_s = offset_s
        try:
            self._context.store.put("accounts", self._name, self._remembered() | {"clock_offset_s": round(offset_s)})
        except (StateError, BusyError) as error:
            self._note(error)
        return True

    def _remembered(self) -> Json:
        try:
            return self._context.store.get("accounts", self._name)
        except (StateError, BusyError) as error:
            self._note(error)
            return {}


def _opened(envelope: Mapping[str, Any], device: str) -> Answer:
    """Return an envelope's parts; an envelope without a verdict is nonsense."""
    success = envelope.get("success")
    if not isinstance(success, bool):
        raise DeviceReplyError(device, "Tuya's answer does not say whether it worked")
    return Answer(
        success=success,
        result=envelope.get("result"),
        code=whole(envelope.get("code")),
        text=words(envelope.get("msg")),
        server_ms=number(envelope.get("t")),
    )
