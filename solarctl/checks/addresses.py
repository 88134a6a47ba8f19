"""Addresses that are none: base_url and its like must be scheme://host[:port]."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from urllib.parse import urlsplit

from solarctl.checks import House
from solarctl.errors import Problem

KEYS = ("base_url", "auth_url")


def check(house: House) -> Iterable[Problem]:
    for kind, things in (("accounts", house.accounts), ("devices", house.devices)):
        for name, (_cls, settings) in things.items():
            for field in dataclasses.fields(settings):
                value = getattr(settings, field.name)
                if field.name not in KEYS or not value:
                    continue
                path = f"{kind}.{name}.{field.name}"
                if not _is_origin(value):
                    hint = "Write scheme://host or scheme://host:port, with http or https."
                    yield house.problem(path, f"{value!r} is not an address", hint)
                elif _is_open(value):
                    hint = f'Write "https{value.removeprefix("http")}".'
                    yield house.problem(path, "plain http over the internet is refused", hint)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username) and parts.path in ("", "/")
    return bool(parts.scheme in ("http", "https") and parts.hostname and port_fits and plain)


def _is_open(text: str) -> bool:
    """Return whether it is plain http to a number on the internet; what a name stands for is looked up by the run."""
    parts = urlsplit(text)
    if parts.scheme != "http":
        return False
    import ipaddress

    try:
        return ipaddress.ip_address((parts.hostname or "").partition("%")[0]).is_global
    except ValueError:
        return False
