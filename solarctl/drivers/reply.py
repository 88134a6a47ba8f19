"""An answer over HTTP, and what counts as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from solarctl.drivers import redaction
from solarctl.errors import DeviceReplyError
from solarctl.value import value


@value
class Reply:
    """An answer: status, headers (look-ups ignore case) and text; `json()` insists on JSON."""

    status: int
    headers: Mapping[str, str]
    text: str
    name: str = ""
    host: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> Any:
        """Return the body as JSON, or raise `DeviceReplyError` with the beginning of what came instead."""
        import json  # requests has loaded it

        try:
            return json.loads(self.text.lstrip("\ufeff"), parse_constant=_no_such_number)
        except (ValueError, RecursionError):
            found = redaction.excerpt(self.text, self.secrets)
            said = f"begins: {found}" if found else "is empty"
            raise DeviceReplyError(
                self.name, f"{self.host} should have sent JSON; its answer ({self.status}) {said}"
            ) from None


def _no_such_number(text: str) -> float:
    raise ValueError(text)


def decoded(body: bytes, encoding: str | None) -> str:
    """Return a body as text: UTF-8 unless its header names another encoding (JSON is always UTF-8)."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return body.decode(encoding or "latin-1", "replace")
        except LookupError:
            return body.decode("latin-1")
